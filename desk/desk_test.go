package desk

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"requin/annotate"
	"requin/count"
	"requin/detect"
	"requin/frame"
	"requin/review"
	"requin/scan"
	"requin/survey"
	"requin/taxon"
	"requin/track"
)

// study is a survey with one deployment, in which the machine counted two sharks and a ray.
func study(t *testing.T) *survey.Survey {
	t.Helper()
	ctx := t.Context()
	s, err := survey.Init(ctx, filepath.Join(t.TempDir(), "reef"), "Reef")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	taxa := taxon.List{{Name: "shark", Role: taxon.Studied, Threshold: 0.5}, {Name: "ray", Role: taxon.Studied, Threshold: 0.5}}
	var frames []detect.Frame
	for i := range 30 {
		f := detect.Frame{Instant: frame.Instant{Time: time.Duration(i) * time.Second, PTS: int64(i), Base: frame.Rational{Num: 1, Den: 1}}, Detections: []detect.Detection{}}
		for lane, name := range []string{"shark", "shark", "ray"} {
			if i >= 5*lane && i < 5*lane+10 {
				x := float64(4 * i)
				f.Detections = append(f.Detections, detect.Detection{Box: frame.Box{X0: x, Y0: float64(100 * lane), X1: x + 60, Y1: float64(100*lane + 40)}, Taxon: name, Score: 0.9})
			}
		}
		frames = append(frames, f)
	}
	settings := scan.Default()
	settings.Taxa = taxa
	tracks, result, err := scan.Derive(settings, frames, nil, 30*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	record, err := json.Marshal(map[string]any{"schema": "requin.run/1", "settings": settings, "outcome": scan.Outcome{Counts: result},
		"inputs": []map[string]string{{"role": "model", "path": "m.onnx", "sha256": "0123456789abcdef"}}})
	if err != nil {
		t.Fatal(err)
	}
	chapter := annotate.Chapter{Path: "B1.mp4", Duration: 30 * time.Second, Rate: frame.Rational{Num: 10, Den: 1}, W: 640, H: 360}
	if _, err := s.PutDeployment(ctx, annotate.Deployment{OpCode: "B1", Chapters: []annotate.Chapter{chapter}}); err != nil {
		t.Fatal(err)
	}
	if err := s.SetTaxa(ctx, append(taxa, taxon.Taxon{Name: "whale", Role: taxon.Studied})); err != nil {
		t.Fatal(err)
	}
	err = s.PutRun(ctx, survey.Run{ID: "r1", Kind: survey.CountRun, OpCode: "B1", Started: time.Unix(1, 0), Finished: time.Unix(2, 0), Record: record, Tracks: tracks, Result: &result,
		Detections: scan.Part{Frames: frames}.Stream()})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func deployment(t *testing.T, s *survey.Survey) survey.Deployment {
	t.Helper()
	all, err := s.Deployments(t.Context())
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0]
}

// says gives a verdict as the page does.
func says(t *testing.T, s *survey.Survey, kind review.Kind, said review.Said) {
	t.Helper()
	d, err := Open(t.Context(), s, deployment(t, s))
	if err != nil {
		t.Fatal(err)
	}
	v, err := review.Replay(d.Machine, d.Log).Draft(review.Verdict{Kind: kind, By: "anna", Said: said})
	if err != nil {
		t.Fatal(err)
	}
	v.At = time.Unix(100, 0).UTC()
	kept, err := Kept("B1", v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendVerdict(t.Context(), kept); err != nil {
		t.Fatal(err)
	}
}

func maxn(t *testing.T, s *survey.Survey) map[string]int {
	t.Helper()
	r, err := Counted(t.Context(), s, deployment(t, s))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	for _, x := range r.Taxa {
		out[x.Name] = *x.MaxN
	}
	return out
}

func TestCountedFollowsTheLog(t *testing.T) {
	s := study(t)
	want := func(what string, shark, ray, whale int) {
		t.Helper()
		n := maxn(t, s)
		if n["shark"] != shark || n["ray"] != ray || n["whale"] != whale {
			t.Errorf("%s: %v", what, n)
		}
	}
	want("as counted", 2, 1, 0)
	says(t, s, review.Reject, review.Said{Track: "t1"})
	want("one shark is a rock", 1, 1, 0)
	says(t, s, review.Relabel, review.Said{Track: "t3", Taxon: "shark"})
	want("the ray is a shark", 2, 0, 0)
	at := count.Seconds(25 * time.Second)
	says(t, s, review.Add, review.Said{Taxon: "whale", Time: &at, Box: &review.Box{X0: 1, Y0: 2, X1: 30, Y1: 20}})
	want("a whale, of which the model knows nothing", 2, 0, 1)
	kept, ok, err := s.ReviewedOf(t.Context(), "r1")
	if err != nil || !ok || kept.LastVerdict != 3 || kept.Rule != review.Rule {
		t.Fatalf("kept %+v, %v, %v", kept, ok, err)
	}
	nine := 9
	kept.Result.Taxa[0].MaxN = &nine
	if err := s.PutReviewed(t.Context(), "r1", kept); err != nil {
		t.Fatal(err)
	}
	want("what is kept of this log is not worked out again", 9, 0, 1)
	says(t, s, review.Note, review.Said{Time: &at, Note: "murky"})
	want("of a longer log it is", 2, 0, 1)
}

// The boxes that leave are those that were counted: rejected animals are none, relabelled ones bear their new name.
func TestRecordsAreWhatWasCounted(t *testing.T) {
	s := study(t)
	says(t, s, review.Reject, review.Said{Track: "t1"})
	says(t, s, review.Relabel, review.Said{Track: "t3", Taxon: "shark"})
	for _, machine := range []bool{false, true} {
		var statuses []count.Status
		records, err := Records(t.Context(), s, Exporting{Machine: machine, By: "Requin"}, func(_ string, r count.Result) {
			for _, x := range r.Taxa {
				statuses = append(statuses, x.Status())
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		boxes, counts, standing := map[string]int{}, map[string]annotate.Count{}, map[string]int{}
		tracks := map[string]track.Track{}
		for r, err := range records {
			if err != nil {
				t.Fatal(err)
			}
			switch x := r.(type) {
			case annotate.Mark:
				boxes[annotate.Best(x.Names)]++
				standing[annotate.StatusOf(x.Extra, x.Origin)]++
			case annotate.Track:
				if _, twice := tracks[x.ID]; twice {
					t.Errorf("two tracks %s", x.ID)
				}
				tracks[x.ID] = track.Track{}
			case annotate.Count:
				counts[x.Label] = x
			}
		}
		want, status := map[string]int{"shark": 20}, "reviewed"
		if machine {
			want, status = map[string]int{"shark": 20, "ray": 10}, "machine"
		}
		if boxes["shark"] != want["shark"] || boxes["ray"] != want["ray"] {
			t.Errorf("machine %v: boxes %v", machine, boxes)
		}
		if people := map[bool]int{false: 10}[machine]; standing["reviewed"] != people || standing["machine"] != boxes["shark"]+boxes["ray"]-people {
			t.Errorf("machine %v: boxes of %v; people confirmed those of the relabelled track", machine, standing)
		}
		v := counts["shark"].Verified
		if v == nil || v.Status != status || v.Model != "m.onnx, SHA-256 0123456789ab" || !slices.Contains(statuses, count.Status(status)) {
			t.Errorf("machine %v: %+v, %v", machine, v, statuses)
		}
		if !machine && (counts["shark"].Value != 2 || *v.Machine != 2 || v.By[0] != "anna" || len(v.Log) != 64 || counts["ray"].Value != 0) {
			t.Errorf("%+v", counts)
		}
	}
}

// A kept count is of its log, of what the others tell, of the site and of the rule: where one of them is another it is worked out anew.
func TestKeptCountsAreOfAllTheyRestOn(t *testing.T) {
	s := study(t)
	says(t, s, review.Reject, review.Said{Track: "t1"})
	maxn(t, s)
	kept := func() survey.Reviewed {
		t.Helper()
		r, ok, err := s.ReviewedOf(t.Context(), "r1")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		return r
	}
	current := func(r survey.Reviewed) (log, all bool) {
		t.Helper()
		d, err := Open(t.Context(), s, deployment(t, s))
		if err != nil {
			t.Fatal(err)
		}
		return d.OfLog(r), d.Current(r)
	}
	was := kept()
	if log, all := current(was); !log || !all {
		t.Error("what was kept just now is not current")
	}
	earlier := was
	if earlier.Rule--; func() bool { log, _ := current(earlier); return log }() {
		t.Error("what another rule derived is taken")
	}
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "B1", Site: "Abore"}); err != nil {
		t.Fatal(err)
	}
	if log, all := current(was); !log || all {
		t.Errorf("where it is was stated since: of the log %v, current %v", log, all)
	}
	maxn(t, s)
	if _, all := current(kept()); !all || kept().Pooled == was.Pooled {
		t.Error("it was not worked out anew")
	}
}
