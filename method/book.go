package method

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"requin/record"
	"requin/survey"
)

// Kept is a record that a survey keeps.
type Kept struct {
	ID     string
	Kind   string
	OpCode string
	SHA256 string
	Record json.RawMessage

	fields []record.Field
	read   record.Record
}

// NewKept reads a record.
func NewKept(id, kind string, text json.RawMessage) (Kept, error) {
	sum := sha256.Sum256(text)
	k := Kept{ID: id, Kind: kind, SHA256: hex.EncodeToString(sum[:]), Record: text, fields: record.Fields(text)}
	if err := json.Unmarshal(text, &k.read); err != nil {
		return Kept{}, fmt.Errorf("the record of run %s cannot be read: %w", id, err)
	}
	if !strings.HasPrefix(k.read.Schema, "requin.run/") {
		return Kept{}, fmt.Errorf("the record of run %s is of an unknown form %q", id, k.read.Schema)
	}
	return k, nil
}

// value is the value of a field; "" where there is none.
func (k Kept) value(path string) string {
	for _, f := range k.fields {
		if f.Path == path {
			return f.Value
		}
	}
	return ""
}

// Book is all that a survey says of how its numbers came about.
type Book struct {
	Survey   string
	Records  []Kept // in the order in which the runs began
	Declared []survey.Declaration
	Models   []survey.Model
	Counts   []Counted // the best there are
	Head     string    // of the ledger
}

// ReadBook gathers the records of a survey.
func ReadBook(ctx context.Context, s *survey.Survey) (Book, error) {
	b := Book{Survey: s.Name()}
	list, err := s.Runs(ctx, "")
	if err != nil {
		return b, err
	}
	for _, info := range list {
		r, err := s.Run(ctx, info.ID)
		if err != nil {
			return b, err
		}
		if len(r.Record) == 0 || r.Finished.IsZero() {
			continue
		}
		k, err := NewKept(r.ID, r.Kind, r.Record)
		if err != nil {
			return b, err
		}
		k.OpCode = r.OpCode
		b.Records = append(b.Records, k)
	}
	if b.Declared, err = s.Declarations(ctx); err != nil {
		return b, err
	}
	if b.Models, err = s.Models(ctx); err != nil {
		return b, err
	}
	if b.Counts, err = countsOf(ctx, s); err != nil {
		return b, err
	}
	ledger, err := s.Audit(ctx)
	b.Head = ledger.Head
	return b, err
}

// Latest are the last record of each kind.
func (b Book) Latest() []Kept {
	var out []Kept
	for _, kind := range []string{record.Simulate, record.Dataset, record.Train, record.Eval, record.Count, record.Review} {
		for i := len(b.Records) - 1; i >= 0; i-- {
			if b.Records[i].Kind == kind {
				out = append(out, b.Records[i])
				break
			}
		}
	}
	return out
}

// RestsOn are a run and those that it rests on, by the hashes of what it began with: a count on the training of its
// model, a training on its dataset. The id may be shortened.
func (b Book) RestsOn(id string) ([]Kept, error) {
	var run *Kept
	for i := range b.Records {
		if strings.HasPrefix(b.Records[i].ID, id) && id != "" {
			if run != nil && b.Records[i].ID != id {
				return nil, fmt.Errorf("several runs begin with %q: give more of its id", id)
			}
			run = &b.Records[i]
		}
	}
	if run == nil {
		return nil, fmt.Errorf("there is no run %q with a record in this survey: requin ask --runs lists them", id)
	}
	out := []Kept{*run}
	for i := 0; i < len(out); i++ {
		for _, in := range out[i].read.Inputs {
			for _, k := range b.Records {
				if b.made(k, in) && !slices.ContainsFunc(out, func(o Kept) bool { return o.ID == k.ID }) {
					out = append(out, k)
				}
			}
		}
	}
	slices.Reverse(out)
	return out, nil
}

// made tells whether a run made an input of another: the dataset of that hash, or the model whose card names the record.
func (b Book) made(k Kept, in record.Input) bool {
	if in.SHA256 == "" || in.SHA256 == record.NotRecorded {
		return false
	}
	switch {
	case k.Kind == record.Dataset && in.Role == "dataset":
		return k.value("outcome.sha256") == `"`+in.SHA256+`"`
	case k.Kind == record.Train && in.Role == "model":
		return slices.ContainsFunc(b.Models, func(m survey.Model) bool {
			var card struct {
				Run string `json:"run_sha256"`
			}
			return m.SHA256 == in.SHA256 && json.Unmarshal(m.Card, &card) == nil && card.Run == k.SHA256
		})
	}
	return false
}
