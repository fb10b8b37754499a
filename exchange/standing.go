package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/count"
)

// How far a count of Requin's may be trusted, in the ways in which files say it.

// statuses are all that may be said, the least trusted first.
var statuses = []string{string(count.Machine), string(count.Disputed), string(count.Reviewed), string(count.Certified)}

func isStatus(s string) bool { return slices.Contains(statuses, s) }

// lostStatus is what is lost of the status of a mark or count in a format that has no place for it.
func lostStatus(status string) string {
	if status == string(count.Machine) {
		return "that nobody looked at it (status: machine)"
	}
	return "that people looked at it (status: " + status + ")"
}

// standing says in a few words what a count rests on: "certified: 14 of 3,600 frames looked at by anna".
func standing(v annotate.Verification) string {
	if v.Status == string(count.Machine) {
		return count.Taxon{}.Standing()
	}
	return count.Taxon{Review: &count.Review{Status: count.Status(v.Status), Looked: v.Looked, Frames: v.Frames, By: v.By, Assumed: count.AssumedBy(v.Basis)}}.Standing()
}

// statusText is a status alone in words.
func statusText(status string) string {
	if status == string(count.Machine) {
		return count.Taxon{}.Standing()
	}
	return status
}

// The cells in which a table says what a count rests on.
const (
	cellStatus  = "status"
	cellMachine = "machine_maxn"
	cellRisk    = "risk"
	cellLimit   = "risk_limit"
	cellLooked  = "frames_looked_at"
	cellFrames  = "frames_sampled"
	cellBy      = "reviewed_by"
	cellAt      = "reviewed_at"
	cellLog     = "review_log_sha256"
	cellBasis   = "interval_basis"
	cellModel   = "detector"
	cellAlone   = "maxn_by_observer"
	cellLow     = "maxn_low" // and where the count itself has no columns of these
	cellHigh    = "maxn_high"
	cellTime    = "tmaxn_s"
)

// verifiedOrder is the order in which the cells are written.
var verifiedOrder = []string{cellStatus, cellMachine, cellRisk, cellLimit, cellLooked, cellFrames, cellBy, cellAt, cellLog, cellBasis, cellModel, cellAlone}

// verifiedCells are the cells of a verification. Blank is what is not said; the risk is blank where nobody looked.
func verifiedCells(v annotate.Verification) map[string]string {
	cells := map[string]string{
		cellStatus: v.Status, cellMachine: shortest(v.Machine), cellBy: personsText(v.By), cellLog: v.Log, cellBasis: v.Basis, cellModel: v.Model, cellAlone: aloneText(v.Alone),
	}
	if v.Frames != 0 || v.Looked != 0 {
		cells[cellLooked], cells[cellFrames] = strconv.Itoa(v.Looked), strconv.Itoa(v.Frames)
	}
	if v.Status != string(count.Machine) || v.Risk != 0 {
		cells[cellRisk] = shortest(&v.Risk)
	}
	if v.Limit != 0 {
		cells[cellLimit] = shortest(&v.Limit)
	}
	if !v.At.IsZero() {
		cells[cellAt] = v.At.Format(time.RFC3339Nano)
	}
	return cells
}

// verifiedOf is verifiedCells backwards: nil where the status is none of Requin's. An error begins with the cell that is wrong.
func verifiedOf(cells map[string]string) (*annotate.Verification, error) {
	v := annotate.Verification{Status: cells[cellStatus], By: persons(cells[cellBy]), Log: cells[cellLog], Basis: cells[cellBasis], Model: cells[cellModel]}
	if !isStatus(v.Status) {
		return nil, nil
	}
	for cell, into := range map[string]*float64{cellRisk: &v.Risk, cellLimit: &v.Limit} {
		share, err := parseNumber(cells[cell])
		if cells[cell] != "" && (err != nil || share < 0 || share > 1) {
			return nil, &cellError{cell, cells[cell], "a chance, 0 to 1"}
		}
		*into = share
	}
	for cell, into := range map[string]*int{cellLooked: &v.Looked, cellFrames: &v.Frames} {
		n, err := strconv.Atoi(cells[cell])
		if cells[cell] != "" && (err != nil || n < 0) {
			return nil, &cellError{cell, cells[cell], "a number of frames"}
		}
		*into = n
	}
	if text := cells[cellMachine]; text != "" {
		n, err := parseNumber(text)
		if err != nil || n < 0 {
			return nil, &cellError{cellMachine, text, "a number of animals"}
		}
		v.Machine = &n
	}
	for _, text := range persons(cells[cellAlone]) {
		i := strings.LastIndex(text, "=")
		n, err := parseNumber(text[i+1:])
		if i < 1 || err != nil || n < 0 {
			return nil, &cellError{cellAlone, cells[cellAlone], "each reader's number, as anna=3 | ben=2"}
		}
		v.Alone = append(v.Alone, annotate.Alone{Name: text[:i], MaxN: n})
	}
	if text := cells[cellAt]; text != "" {
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, &cellError{cellAt, text, "a date and time with its zone, as 2024-05-01T08:18:54Z"}
		}
		v.At = at.UTC()
	}
	return &v, nil
}

// cellError says which cell of a verification is wrong.
type cellError struct{ cell, text, want string }

func (e *cellError) Error() string {
	return fmt.Sprintf("%s is %.40q: it should be %s", e.cell, e.text, e.want)
}

// personsText puts names into one cell, as Darwin Core recommends: "anna | ben".
func personsText(names []string) string {
	list := slices.Clone(names)
	for i, name := range list {
		list[i] = strings.TrimSpace(strings.ReplaceAll(tidy(name), "|", "/"))
	}
	return strings.Join(list, " | ")
}

// aloneText puts each reader's own number into one cell: "anna=3 | ben=2".
func aloneText(all []annotate.Alone) string {
	var list []string
	for _, a := range all {
		list = append(list, a.Name+"="+shortest(&a.MaxN))
	}
	return personsText(list)
}

func persons(text string) []string {
	var names []string
	for name := range strings.SplitSeq(text, "|") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// takeVerified takes what Extra says of a verification out of it; names tells under which key each cell is.
// Nothing is taken where the status is none of Requin's.
func takeVerified(extra annotate.Extra, names func(cell string) string) (*annotate.Verification, error) {
	cells := map[string]string{}
	for _, cell := range verifiedOrder {
		cells[cell] = extra[names(cell)]
	}
	v, err := verifiedOf(cells)
	if v != nil {
		for _, cell := range verifiedOrder {
			delete(extra, names(cell))
		}
	}
	return v, err
}
