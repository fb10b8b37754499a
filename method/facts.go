// Package method answers how a study was done out of the records of its runs: the 28 questions that a methods section owes,
// the paragraph, the RO-Crate; and it verifies that everything is still as it was recorded. It knows no form of record of its
// own (record), and runs nothing.
package method

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"requin/ask"
	"requin/record"
	"requin/survey"
)

// Declarable are the names of what a person can declare of a survey.
var Declarable = []string{"annotation technique", "authors", "code link", "code location", "data bias", "data collection", "data formats", "data license", "data link",
	"data location", "deployment process", "funding", "generalisability", "hyper-parameter optimisation", "licence", "purpose"}

// rule says which fields of which records answer a question.
type rule struct {
	kinds  []string // of records
	fields []string // paths, or beginnings of paths that end in "."
}

// answering is what answers a question: what a person declared, and what records hold.
type answering struct {
	declared []string
	rules    []rule
}

// recipe are fields of a training's recipe.
func recipe(names ...string) []string {
	out := make([]string, 0, len(names))
	for _, n := range names {
		out = append(out, "settings.recipe."+n)
	}
	return out
}

// answers is, for each of the 28 questions by number, what answers it. What is in neither is not known.
func answers() map[int]answering {
	train := func(fields ...string) rule { return rule{[]string{record.Train}, fields} }
	frozen := func(fields ...string) rule { return rule{[]string{record.Dataset}, fields} }
	counted := func(fields ...string) rule { return rule{[]string{record.Count}, fields} }
	return map[int]answering{
		1:  {[]string{"data collection"}, []rule{{[]string{record.Simulate}, []string{"kind", "settings.Kind", "settings.Deployments", "settings.Duration"}}}},
		2:  {[]string{"data formats"}, []rule{frozen("settings.format", "settings.quality")}},
		3:  {[]string{"annotation technique"}, nil},
		4:  {nil, []rule{{[]string{record.Train}, append(recipe("augment."), recipe("calm")...)}}},
		5:  {nil, []rule{frozen("outcome.name", "outcome.sha256", "outcome.pictures", "outcome.deployments", "outcome.boxes.")}},
		6:  {nil, []rule{{[]string{record.Train}, recipe("width", "height")}, frozen("settings.long_side_px", "settings.min_box_px", "settings.frames", "settings.every_s")}},
		7:  {nil, []rule{frozen("settings.folds", "settings.test", "settings.test_share", "settings.seed", "outcome.fold_of."), train("settings.fold")}},
		8:  {[]string{"code location"}, nil},
		9:  {[]string{"data location"}, nil},
		10: {[]string{"code link"}, nil},
		11: {[]string{"data link"}, nil},
		12: {nil, []rule{{[]string{record.Train}, append(recipe("network"), "settings.begins_with")}, counted("settings.detector.family", "settings.detector.file", "settings.detector.sha256")}},
		13: {nil, []rule{{[]string{record.Train}, recipe("batch", "epochs", "iterations", "learning_rate.", "optimiser.", "weight_average.", "clip_gradient_norm", "mixed_precision")}}},
		14: {[]string{"hyper-parameter optimisation"}, nil},
		15: {nil, []rule{{[]string{record.Train}, recipe("optimiser.")}}},
		16: {nil, []rule{{[]string{record.Train}, append(recipe("epochs", "iterations", "patience"), "outcome.ended", "outcome.step")}}},
		17: {nil, []rule{{[]string{record.Train}, recipe("optimiser.weight_decay", "weight_average.decay", "clip_gradient_norm")}}},
		18: {nil, []rule{{[]string{record.Train}, append(recipe("validate_epochs", "patience"), "outcome.validation.step")}}},
		19: {nil, []rule{{[]string{record.Train, record.Count}, []string{"requin", "libraries."}}}},
		20: {nil, []rule{train("machine.", "settings.devices", "settings.graphics_processors", "settings.threads", "outcome.training_s")}},
		21: {nil, []rule{counted("settings.detector.nms", "settings.detector.low", "settings.tracker.", "settings.taxa"), train("outcome.thresholds.")}},
		22: {nil, []rule{{[]string{record.Eval}, []string{"settings.", "outcome.comparisons_of_counts"}}, train("outcome.validation.ap50", "outcome.validation.ap", "outcome.validation.pictures")}},
		23: {[]string{"generalisability"}, []rule{{[]string{record.Eval}, []string{"settings.test", "settings.fold"}}, train("outcome.held_out")}},
		24: {nil, []rule{{[]string{record.Simulate, record.Dataset, record.Train, record.Eval, record.Count}, []string{"seeds."}}}},
		25: {[]string{"purpose"}, nil},
		26: {[]string{"data bias"}, []rule{frozen("outcome.boxes.")}},
		27: {[]string{"deployment process"}, []rule{counted("command", "settings.detector.file", "settings.detector.runtime", "settings.every_s")}},
		28: {nil, []rule{counted("machine.os", "machine.arch", "machine.cpu", "machine.cores", "machine.memory_bytes", "machine.gpus", "settings.device")}},
	}
}

// Fact is a value that answers something, and where it is from.
type Fact struct {
	Run, SHA256 string // of the record; "survey" for what was declared
	Field       record.Field
	State       string // Measured, Configured or Declared
}

// facts are those that answer a question out of some records and declarations.
func facts(number int, records []Kept, declared []survey.Declaration) []Fact {
	var out []Fact
	a := answers()[number]
	for _, d := range declared {
		if slices.Contains(a.declared, d.Name) {
			out = append(out, declaredFact(d))
		}
	}
	for _, rule := range a.rules {
		for _, k := range records {
			if !slices.Contains(rule.kinds, k.Kind) {
				continue
			}
			for _, f := range k.fields {
				if f.Value != "null" && f.Value != `""` && rule.holds(f.Path) {
					out = append(out, Fact{k.ID, k.SHA256, f, record.StateOf(f.Path)})
				}
			}
		}
	}
	return out
}

func declaredFact(d survey.Declaration) Fact {
	return Fact{"survey", "", record.Field{Path: "declared." + d.Name, Value: strconv.Quote(d.Value)}, record.Declared}
}

// holds tells whether a field is one of the rule's: itself, a part of it, or an item of a list.
func (r rule) holds(path string) bool {
	return slices.ContainsFunc(r.fields, func(want string) bool {
		if strings.HasSuffix(want, ".") {
			return strings.HasPrefix(path, want)
		}
		return path == want || strings.HasPrefix(path, want+"[")
	})
}

// mostFacts that an answer's text names; all are in its evidence.
const mostFacts = 60

// Answer answers a question out of records and declarations: every fact with its field. A question that
// is none of the 28 is answered by the fields whose names and values share its words.
func Answer(q ask.Question, how ask.Understanding, records []Kept, declared []survey.Declaration) ask.Answer {
	a, refused := q.Refused(how)
	if refused {
		return a
	}
	found := facts(q.Number, records, declared)
	if q.Number == 0 {
		found = searched(q, records, declared)
	}
	if len(found) == 0 {
		if list := answers()[q.Number].declared; len(list) > 0 {
			a.Notes = append(a.Notes, fmt.Sprintf("nobody declared it: requin declare %q \"...\"", list[0]))
		}
		return a
	}
	var text []string
	for i, f := range found {
		q := ask.Quote{Source: f.Run, SHA256: f.SHA256, Field: f.Field.Path, State: f.State, Text: f.Field.Value}
		a.Evidence = append(a.Evidence, q)
		a.References = append(a.References, ask.Reference{Source: q.Source, SHA256: q.SHA256, Field: q.Field})
		if i < mostFacts {
			text = append(text, f.short()+": "+f.plain())
		}
	}
	if len(found) > mostFacts {
		text = append(text, fmt.Sprintf("and %d more", len(found)-mostFacts))
	}
	words := strings.Fields(strings.Join(text, "; "))
	if len(words) >= ask.MostWords {
		words = append(words[:ask.MostWords-2], "...")
	}
	a.Status, a.Text = ask.Found, strings.Join(words, " ")
	return a
}

// short is a field's name for people: without the part of the record that all of its kind share.
func (f Fact) short() string {
	name := f.Field.Path
	for _, head := range []string{"settings.recipe.", "settings.", "outcome.", "declared."} {
		if rest, ok := strings.CutPrefix(name, head); ok {
			return rest
		}
	}
	return name
}

// plain is a value without the quotes that JSON puts around a text.
func (f Fact) plain() string {
	if s, err := strconv.Unquote(f.Field.Value); err == nil {
		return s
	}
	return f.Field.Value
}

// searched are the fields that a free question is about.
func searched(q ask.Question, records []Kept, declared []survey.Declaration) []Fact {
	var all []Fact
	for _, d := range declared {
		all = append(all, declaredFact(d))
	}
	for _, k := range records {
		for _, f := range k.fields {
			if f.Value != "null" && f.Value != `""` && record.StateOf(f.Path) != record.NotRecorded {
				all = append(all, Fact{k.ID, k.SHA256, f, record.StateOf(f.Path)})
			}
		}
	}
	passages := make([]ask.Passage, 0, len(all))
	for i, f := range all {
		passages = append(passages, ask.Passage{Quotes: []ask.Quote{{Page: i, Text: f.Field.Path + ": " + f.Field.Value}}})
	}
	var out []Fact
	for _, e := range ask.Find(q, passages).Evidence {
		out = append(out, all[e.Page])
	}
	return out
}

// Check makes sure that each quote of an answer is the value of its field in the record that it names.
func Check(a ask.Answer, records []Kept, declared []survey.Declaration) error {
	for _, q := range a.Evidence {
		holds := slices.ContainsFunc(declared, func(d survey.Declaration) bool {
			f := declaredFact(d)
			return q.Source == f.Run && q.Field == f.Field.Path && q.Text == f.Field.Value
		}) || slices.ContainsFunc(records, func(k Kept) bool {
			return k.ID == q.Source && k.SHA256 == q.SHA256 && slices.Contains(k.fields, record.Field{Path: q.Field, Value: q.Text})
		})
		if !holds {
			return fmt.Errorf("question %d: %s of run %s is not %s", a.Number, q.Field, q.Source, q.Text)
		}
	}
	return nil
}
