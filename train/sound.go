package train

import (
	"fmt"
	"math"

	"requin/nn"
)

// Diverged ends a training whose numbers have run away.
type Diverged struct {
	Step int
	What string
}

func (d *Diverged) Error() string {
	return fmt.Sprintf("the training diverged at step %d: %s. Try a tenth of the learning rate (--set learning_rate.base=...), a longer warm-up "+
		"(--set learning_rate.warmup=...), or clip_gradient_norm; with mixed_precision, train without it; and look at the dataset (requin dataset check). "+
		"The best weights so far are kept", d.Step, d.What)
}

// runaway is how many times over its lowest the loss may rise, after the warm-up.
const runaway = 20

// sound says where numbers are no longer any, or the loss has run away.
func (t *trainer) sound(lesson nn.Lesson, norm float64) error {
	for _, term := range lesson.Terms {
		if math.IsNaN(term.Value) || math.IsInf(term.Value, 0) {
			return &Diverged{t.state.Step, fmt.Sprintf("the loss term %s is %g", term.Name, term.Value)}
		}
	}
	if math.IsNaN(norm) || math.IsInf(norm, 0) {
		return &Diverged{t.state.Step, fmt.Sprintf("the norm of the gradients is %g", norm)}
	}
	points := t.state.Curve.Points
	if len(points) < 3 || points[len(points)-1].Step != t.state.Step || t.state.Step <= t.Recipe.Rate.Warmup {
		return nil
	}
	lowest := math.Inf(1)
	for _, p := range points[:len(points)-1] {
		lowest = min(lowest, nn.Lesson{Terms: p.Terms}.Loss())
	}
	if now := (nn.Lesson{Terms: points[len(points)-1].Terms}).Loss(); now > runaway*lowest {
		return &Diverged{t.state.Step, fmt.Sprintf("the loss is %.3g, and was %.3g", now, lowest)}
	}
	return nil
}
