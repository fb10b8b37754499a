package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"requin/detect"
	"requin/review"
	"requin/scan"
	"requin/survey"
	"requin/uncertainty"
)

// Others is what the survey's other deployments, counted by the same model, tell of one: by taxon, in the order of their opcodes.
type Others map[string][]uncertainty.Evidence

// Hear takes in what the survey's other deployments tell by now.
func (d *Desk) Hear(ctx context.Context, s *survey.Survey) (err error) {
	d.Others, err = heard(ctx, s, d.Deployment.OpCode, d.Model)
	return err
}

// Grounds are what the assessment of a taxon rests on.
func (d *Desk) Grounds(taxon string) uncertainty.Grounds {
	return d.Measured.Named(taxon).At(d.Deployment.Place(), d.Own)
}

// heard is what the others tell of a deployment that a model counted.
func heard(ctx context.Context, s *survey.Survey, opcode, model string) (Others, error) {
	list, err := s.HeardOf(ctx, model)
	if err != nil {
		return nil, err
	}
	out := Others{}
	for _, h := range list {
		if h.OpCode != opcode {
			out[h.Taxon] = append(out[h.Taxon], h.Evidence)
		}
	}
	return out, nil
}

// restsOn names what a kept count rests on besides its log and its limit: what the survey's other deployments tell, where the deployment
// is, and whether the model was measured on video of the survey. It is empty where there is nothing of it.
func restsOn(others Others, site string, own bool) string {
	if len(others) == 0 && site == "" && !own {
		return ""
	}
	text, _ := json.Marshal(struct { // of plain data: it does not fail
		Others Others
		Site   string
		Own    bool
	}{others, site, own})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// OfLog tells whether a kept count is of the log as it is, by the rule as it is: then so is what it tells of the others.
func (d *Desk) OfLog(kept survey.Reviewed) bool {
	return len(d.Log) > 0 && kept.LastVerdict == d.Log[len(d.Log)-1].ID && kept.Rule == review.Rule
}

// Current tells whether a kept count is all that it would be now, at its limit. One that is not is worked out anew before anybody sees it.
func (d *Desk) Current(kept survey.Reviewed) bool {
	return d.OfLog(kept) && kept.Pooled == restsOn(d.Others, d.Deployment.Place(), d.Own)
}

// hear works out anew what deployments tell whose log went on, so that the others know. It is the same whatever those tell.
func hear(ctx context.Context, s *survey.Survey) error {
	if s.ReadOnly() {
		return nil
	}
	stale, err := s.Unheard(ctx, review.Rule)
	if err != nil || len(stale) == 0 {
		return err
	}
	chosen, err := Chosen(ctx, s, stale)
	if err != nil {
		return err
	}
	settled, err := AsKept(ctx, s)
	if err != nil {
		return err
	}
	for _, d := range chosen {
		if d.Count == nil {
			continue
		}
		open, err := Open(ctx, s, d)
		if err != nil {
			continue // it cannot be read: whoever asks for it is told; it hides no other
		}
		kept, ok, err := s.ReviewedOf(ctx, d.Count.Run)
		if err != nil {
			return err
		}
		terms := settled.Terms(d.OpCode, limitOf(kept, ok, 0))
		terms.Withheld = kept.Withheld
		if _, err := open.Keep(ctx, s, terms); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// own tells whether a model was trained, and hence measured, on a dataset that this survey holds.
func own(ctx context.Context, s *survey.Survey, made scan.Made) (bool, error) {
	sum := made.Settings.Detector.Metadata[detect.TrainedOn]
	if sum == "" {
		return false, nil
	}
	datasets, err := s.Datasets(ctx)
	return slices.ContainsFunc(datasets, func(d survey.Dataset) bool { return d.Manifest == sum }), err
}
