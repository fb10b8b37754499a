package method

import (
	"encoding/json"
	"reflect"

	"requin/count"
	"requin/detect"
	"requin/scan"
	"requin/survey"
	"requin/track"
)

// counted derives tracks and counts anew from the detections that were kept, with the settings of the record.
func (v *verifying) counted(r survey.Run, latest bool) error {
	frames, err := framesOf(r)
	if err != nil {
		if v.ctx.Err() != nil {
			return v.ctx.Err()
		}
		v.found(Altered, "run", r.ID, "detections", "they cannot be read: %v", err)
		return nil
	}
	tracks, counts, err := derive(r, frames)
	switch {
	case err != nil:
		v.found(Unknown, "run", r.ID, "counts", "they cannot be derived anew: %v", err)
		return nil
	case !reflect.DeepEqual(normal(tracks), normal(r.Tracks)):
		v.found(Altered, "run", r.ID, "tracks", "from the detections follow %d tracks, %d were kept, and they are not the same", len(tracks), len(r.Tracks))
	}
	kept := r.Result.Unassessed() // of what the detector saw, not of how well it sees
	for i, t := range kept.Taxa {
		if i >= len(counts.Taxa) || counts.Taxa[i].Name != t.Name {
			v.found(Altered, "run", r.ID, "counts", "the taxa are not those of the settings")
			return nil
		}
		if a, b := counts.Taxa[i].MaxN, t.MaxN; a == nil != (b == nil) || a != nil && *a != *b {
			v.found(Altered, "run", r.ID, "counts, "+t.Name, "from the detections follows MaxN %s; %s was kept", count.Number(a), count.Number(b))
			return nil
		}
	}
	if !reflect.DeepEqual(normal(counts), normal(kept)) {
		v.found(Altered, "run", r.ID, "counts", "they are not those that follow from the detections and the settings")
	}
	return v.between(r, frames, latest)
}

// LookBetween is the kind of what is checked, in Verified.Checked, that a denser look between samples is.
const LookBetween = "look between samples"

// between derives anew what a denser look at some stretches came to: of what it found, where the journal of the run still has that, else
// of the MaxN of each stretch in the record.
func (v *verifying) between(r survey.Run, frames []detect.Frame, latest bool) error {
	made, err := scan.ReadRecord(r.Record)
	if err != nil || made.Outcome.Between == nil || made.Settings.Between == nil {
		return nil // what cannot be read was told of
	}
	v.out.Checked[LookBetween]++
	var kept *scan.KeptBetween
	if latest && r.Folder != "" {
		k, ok, err := scan.ReadBetween(survey.ReadJournal(v.s.Path(r.Folder)))
		if err != nil {
			return err
		}
		if ok {
			kept = &k
		}
	}
	found := scan.Part{Frames: frames, Gaps: made.Outcome.Gaps}
	anew, err := scan.AgainBetween(made.Settings, found, r.Result.Duration.Duration(), *made.Outcome.Between, kept)
	if err != nil {
		v.found(Altered, "run", r.ID, "between samples", "%v", err)
		return nil
	}
	if !reflect.DeepEqual(normal(anew), normal(*made.Outcome.Between)) {
		v.found(Altered, "run", r.ID, "between samples", "it is not what follows from the detections, the stretches and the settings")
	}
	return nil
}

func framesOf(r survey.Run) ([]detect.Frame, error) {
	var out []detect.Frame
	if r.Detections == nil {
		return nil, nil
	}
	for f, err := range r.Detections {
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

// derive follows the animals and counts them, as requin count does. How well the detector sees is left out.
func derive(r survey.Run, frames []detect.Frame) ([]track.Track, count.Result, error) {
	made, err := scan.ReadRecord(r.Record)
	if err != nil {
		return nil, count.Result{}, err
	}
	tracks, counts, err := scan.Derive(made.Settings.Bare(), frames, made.Outcome.Gaps, r.Result.Duration.Duration())
	return tracks, counts.Unassessed(), err
}

// normal is a value as JSON has it, so that an empty list and none are the same.
func normal(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var out any
	if err := json.Unmarshal(text, &out); err != nil {
		return err
	}
	return strip(out)
}

// strip takes away what says nothing.
func strip(v any) any {
	switch x := v.(type) {
	case []any:
		if len(x) == 0 {
			return nil
		}
		for i := range x {
			x[i] = strip(x[i])
		}
	case map[string]any:
		for k := range x {
			if x[k] = strip(x[k]); x[k] == nil {
				delete(x, k)
			}
		}
	}
	return v
}
