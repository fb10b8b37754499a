package method

import (
	"regexp"
	"slices"
	"strings"

	"requin/record"
	"requin/survey"
)

// sentences are what a methods paragraph says of a run of each kind. {field} is a value of the record, {field*} a list of values, and
// {name=field.*} the names and values under a field; what stands in [brackets] is left out where a value of it is not recorded, and the whole
// sentence where one outside of brackets is not. Sentences have no numbers of their own: every number is of the record.
var sentences = []struct {
	kind string
	text []string
}{
	{record.Simulate, []string{
		"The videos are rendered, not filmed: requin simulate drew {settings.Deployments} deployments[ (seed {seeds.survey})].",
	}},
	{record.Dataset, []string{
		"The dataset {outcome.name} (SHA-256 {outcome.sha256}) was frozen from what people had marked: {outcome.pictures} pictures of {outcome.deployments} deployments.",
		"It holds these numbers of boxes: {name=outcome.boxes.*}.",
		"Whole deployments, never single frames, were drawn into {settings.folds} folds[ (seed {seeds.dataset})][; the test set is {settings.test*}].",
	}},
	{record.Train, []string{
		"A detector of the kind {settings.recipe.network}, with an input of {settings.recipe.width} by {settings.recipe.height} pixels, was trained by the recipe {settings.recipe.name}[ (begun with {settings.begins_with})].",
		"The optimiser was {settings.recipe.optimiser.kind}[, momentum {settings.recipe.optimiser.momentum}][, weight decay {settings.recipe.optimiser.weight_decay}]; the base learning rate was {settings.recipe.learning_rate.base} with the schedule {settings.recipe.learning_rate.schedule}, the batch {settings.recipe.batch} pictures[, the seed {seeds.training}].",
		"Of the training's end the record says: {outcome.ended}[ (step {outcome.step})].",
		"It learned from {outcome.pictures} pictures[ and held out {outcome.held_out}].",
		"On {outcome.validation.pictures} held-out pictures, on which the best weights and the thresholds were chosen, too, the average precision at half overlap was {outcome.validation.ap50}.",
		"Training ran on {settings.devices*} of a machine with the processor {machine.cpu}, {machine.cores} cores and {machine.memory_bytes} bytes of memory[, with the graphics processors {machine.gpus*name}] under {machine.os}, and took {outcome.training_s} s.",
		"Its software was Requin {requin} with {name=libraries.*}.",
		"The machine took {energy.joules} J for it, as its own counters say.",
	}},
	{record.Eval, []string{
		"Boxes were held against truth at an overlap of {settings.iou}[, with the thresholds: {settings.threshold}][; intervals are of {settings.rounds} resamplings (seed {settings.seed})].",
	}},
	{record.Count, []string{
		"Videos were looked at every {settings.every_s} s by the detector {settings.detector.file} (SHA-256 {settings.detector.sha256}), of the family {settings.detector.family}.",
		"Of boxes of one taxon that overlap by more than {settings.detector.nms}, one was kept.",
		"Detections were joined into tracks, which end {settings.tracker.max_gap_s} s after their last sighting, and MaxN was counted in intervals of {settings.interval_s} s, too.",
		"The counts were made on {settings.device} by the processor {machine.cpu} under {machine.os}, by Requin {requin} with {name=libraries.*}.",
	}},
}

var (
	optional = regexp.MustCompile(`\[[^\[\]]*\]`)
	place    = regexp.MustCompile(`\{[^{}]*\}`)
)

// Paragraph is a methods paragraph of what records and declarations hold, and of nothing else.
func Paragraph(records []Kept, declared []survey.Declaration) string {
	var out []string
	for _, s := range sentences {
		for _, k := range records {
			if k.Kind != s.kind {
				continue
			}
			for _, template := range s.text {
				template = optional.ReplaceAllStringFunc(template, func(clause string) string {
					text, ok := k.fill(strings.Trim(clause, "[]"))
					if !ok {
						return ""
					}
					return text
				})
				if text, ok := k.fill(template); ok {
					out = append(out, text)
				}
			}
		}
	}
	for _, d := range declared {
		out = append(out, "Declared, "+d.Name+": "+strings.TrimSuffix(d.Value, ".")+".")
	}
	return strings.Join(out, " ")
}

// fill puts values into a template; ok is false where one is not recorded.
func (k Kept) fill(template string) (text string, ok bool) {
	ok = true
	text = place.ReplaceAllStringFunc(template, func(p string) string {
		value := k.values(strings.Trim(p, "{}"))
		ok = ok && value != ""
		return value
	})
	return text, ok
}

// values are the values that a place in a template stands for, as people read them.
func (k Kept) values(want string) string {
	var out []string
	switch list, named := strings.CutPrefix(want, "name="); {
	case named:
		head := strings.TrimSuffix(list, "*")
		for _, f := range k.fields {
			if name, is := strings.CutPrefix(f.Path, head); is {
				out = append(out, name+" "+plain(f.Value))
			}
		}
	case strings.Contains(want, "*"):
		head, tail, _ := strings.Cut(want, "*")
		for _, f := range k.fields {
			if strings.HasPrefix(f.Path, head+"[") && (tail == "" && strings.HasSuffix(f.Path, "]") || tail != "" && strings.HasSuffix(f.Path, "]."+tail)) {
				out = append(out, plain(f.Value))
			}
		}
	default:
		value := plain(k.value(want))
		if slices.Contains([]string{"", "null", record.NotRecorded}, value) || want == "settings.folds" && value == "0" {
			return ""
		}
		return value
	}
	return strings.Join(out, ", ")
}

// plain is a JSON value as people read it.
func plain(value string) string { return Fact{Field: record.Field{Value: value}}.plain() }
