package report

import (
	"encoding/json"
	"io"
	"math"
	"strconv"

	"requin/eval"
)

// EvaluationSchema is the version of eval.json (docs/formats/eval-folder.md).
const EvaluationSchema = "requin.eval/1"

// number is written as null where it is none.
type number float64

func (n number) MarshalJSON() ([]byte, error) {
	if v := float64(n); math.IsNaN(v) || math.IsInf(v, 0) {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(n), 'g', -1, 64), nil
}

type object = map[string]any

// JSON writes eval.json.
func (e Evaluation) JSON(w io.Writer) error {
	doc := object{
		"schema": EvaluationSchema, "title": e.Title, "notes": append([]string{}, e.Notes...),
		"settings": object{"iou": e.Rating.IoU, "threshold": number(e.Rating.Threshold), "least": e.Rating.Least, "rounds": e.Rounds, "seed": e.Seed},
	}
	if len(e.Models) > 0 {
		var models, differences []object
		for _, m := range e.Models {
			models = append(models, m.json())
		}
		for _, d := range e.Differences() {
			for _, x := range d.List {
				differences = append(differences, object{"model_a": d.A, "model_b": d.B, "taxon": x.Taxon, "measure": x.Measure, "folds": x.Folds,
					"a": numbers(x.A), "b": numbers(x.B), "difference": number(x.Over.Mean), "sd": number(x.Over.SD)})
			}
		}
		doc["dataset"], doc["models"], doc["differences"] = object{"name": e.Dataset, "sha256": e.Sum}, models, append([]object{}, differences...)
	}
	if len(e.Counts) > 0 {
		var counts []object
		for _, a := range e.Counts {
			counts = append(counts, agreedJSON(a))
		}
		doc["counts"], doc["people"], doc["machine"] = counts, e.People, e.Machine
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(doc)
}

func numbers(list []float64) []number {
	out := make([]number, len(list))
	for i, v := range list {
		out[i] = number(v)
	}
	return out
}

func summaryJSON(s eval.Summary) object {
	return object{"n": s.N, "mean": number(s.Mean), "sd": number(s.SD)}
}

func (m Model) json() object {
	var taxa []object
	for _, t := range m.Taxa {
		var folds, sizes []object
		for i, s := range t.Scores {
			o := t.Others[i]
			folds = append(folds, object{"fold": m.Trials[i], "boxes": s.Truth, "pictures": s.Pictures, "too_few": s.TooFew && !t.Unknown[i], "unknown_to_model": t.Unknown[i],
				"threshold": number(s.Threshold), "precision": number(s.Precision), "recall": number(s.Recall), "f": number(s.F),
				"best_threshold": number(s.BestThreshold), "best_f": number(s.BestF), "ap50": number(s.AP50), "ap": number(s.AP),
				"others_threshold": number(o.Threshold), "others_precision": number(o.Precision), "others_recall": number(o.Recall), "others_f": number(o.F),
				"intervals": spreadJSON(t.Spread[i]), "wrong": wrongJSON(t.Wrong[i])})
		}
		for _, s := range t.Sizes {
			sizes = append(sizes, object{"size": s.Name, "boxes": s.Truth, "found": s.Found, "ap": summaryJSON(s.Over), "recall_low": number(s.Share.Low), "recall_high": number(s.Share.High)})
		}
		over := object{"precision": summaryJSON(t.Folds.Precision), "recall": summaryJSON(t.Folds.Recall), "f": summaryJSON(t.Folds.F), "best_f": summaryJSON(t.Folds.BestF),
			"ap50": summaryJSON(t.Folds.AP50), "ap": summaryJSON(t.Folds.AP), "others_f": summaryJSON(t.OthersF)}
		calibration := object{"learned_on": t.Learned, "detections": t.Detections, "ece_before": number(t.ECEBefore), "ece_after": number(t.ECEAfter),
			"brier_before": number(t.BrierBefore), "brier_after": number(t.BrierAfter)}
		taxa = append(taxa, object{"taxon": t.Taxon, "boxes": t.Folds.Truth, "folds": folds, "over_folds": over, "sizes": sizes, "calibration": calibration,
			"unsure": object{"taken": t.Unsure.Taken, "taken_wrong": t.Unsure.TakenWrong, "sure": t.Unsure.Sure, "sure_wrong": t.Unsure.SureWrong,
				"unsure": t.Unsure.Unsure, "unsure_right": t.Unsure.UnsureRight, "lost_right": t.Unsure.LostRight}})
	}
	var trials []object
	for i, name := range m.Trials {
		trials = append(trials, object{"fold": name, "pictures": m.Pictures[i], "partial": m.Partial[i]})
	}
	return object{"model": m.Model, "about": m.About, "thresholds_from": m.Thresholds, "folds": trials, "taxa": taxa,
		"confusion": object{"taxa": m.Confusion.Taxa, "counts": m.Confusion.Counts, "doubles": m.Confusion.Double},
		"naming":    object{"n": m.Naming.N, "kappa": number(m.Naming.Value), "low": number(m.Naming.Low), "high": number(m.Naming.High), "observed": number(m.Naming.Observed), "chance": number(m.Naming.Chance)}}
}

// spreadJSON are the ends of the 95 % intervals of precision, recall and F.
func spreadJSON(x eval.Spread) object {
	low, high := x.F()
	ends := func(low, high float64) object { return object{"low": number(low), "high": number(high)} }
	return object{"precision": ends(x.Precision.Low, x.Precision.High), "recall": ends(x.Recall.Low, x.Recall.High), "f": ends(low, high), "deployments": x.Recall.Groups}
}

func wrongJSON(w eval.Wrong) object {
	return object{"duplicates": w.Duplicates, "misnamed": w.Misnamed, "on_nothing": w.Nothing, "named_otherwise": w.Renamed}
}

// orNull is a text, or null where there is none.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func agreedJSON(a eval.Agreed) object {
	out := object{"measure": a.Measure, "among": a.Among, "unit": eval.Unit(a.Measure), "n": a.N, "zeros": a.Zeros, "close": eval.Close(a.Measure), "taxon": nil}
	if a.Taxon != "" {
		out["taxon"] = a.Taxon
	}
	for _, s := range a.Statistics() {
		out[s.Name] = object{"value": number(s.Value), "low": number(s.Low), "high": number(s.High), "interval_by": orNull(s.By)}
	}
	out["deployments"] = a.Deployments
	if m := a.Mix; m.Taxa > 1 {
		out["pooled"] = object{"taxa": m.Taxa, "r_within_taxa": object{"value": number(m.Within), "low": number(m.Low), "high": number(m.High), "interval_by": orNull(m.By)},
			"q": number(m.Q), "q_degrees_of_freedom": m.DF, "q_p": number(m.P)}
	}
	if m := a.Model; m != nil {
		out["count_model"] = object{"family": m.Family, "n": m.N, "constant": object{"value": number(m.A), "low": number(m.ALow), "high": number(m.AHigh)},
			"exponent": object{"value": number(m.B), "low": number(m.BLow), "high": number(m.BHigh)}, "theta": number(m.Theta), "dispersion": number(m.Dispersion),
			"overdispersed_p": number(m.P), "least": m.Least, "most": m.Most, "mae": number(m.MAE), "rmse": number(m.RMSE)}
	}
	if a.Held.N > 0 {
		out["intervals"] = object{"n": a.Held.N, "hold": a.Held.In, "of_them_zeros": a.Held.Zeros, "mean_width": a.Held.Width, "low": number(a.Held.Share.Low), "high": number(a.Held.Share.High)}
	}
	if len(a.Corrections) > 0 {
		var list []object
		for _, c := range a.Corrections {
			x := object{"degree": c.Degree, "mae": number(c.MAE), "rmse": number(c.RMSE)}
			if c.Degree > 0 {
				x["coefficients"], x["least"], x["most"] = numbers(c.Correction.Coefficients), c.Correction.Least, c.Correction.Most
			}
			list = append(list, x)
		}
		out["corrections"] = list
	}
	return out
}
