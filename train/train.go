// Package train's noun is a training: a dataset and a recipe become a model file.
// It owns the recipe, the one loop, checkpoints, the choice of thresholds and
// calibration on validation, the file that is deployed and the page that shows how it
// goes. Networks and their losses are nn's, the arithmetic is torch's, batches are
// dataset's.
package train

import (
	"time"

	"requin/nn"
)

// Curve is how a training went so far.
type Curve struct {
	Points      []Point      `json:"points"`
	Validations []Validation `json:"validations"`
}

// Point is the mean over the steps since the point before.
type Point struct {
	Step      int           `json:"step"` // steps of the optimiser taken
	Epoch     float64       `json:"epoch"`
	Rate      float64       `json:"learning_rate"`
	Terms     []nn.Term     `json:"terms"`
	Norm      float64       `json:"gradient_norm"`
	PicturesS float64       `json:"pictures_per_s"`
	Elapsed   time.Duration `json:"elapsed_ns"` // of training, over all resumptions
}

// Validation is what held-out pictures say of the weights at a step.
type Validation struct {
	Step     int           `json:"step"`
	Pictures int           `json:"pictures"`
	Partial  int           `json:"partial,omitempty"` // of them, in which not everything was marked: nothing beside their boxes is right or wrong
	AP50     float64       `json:"ap50"`              // mean over the studied taxa that the pictures hold
	AP       float64       `json:"ap"`                // the same, COCO's mean over IoU 0.50 to 0.95
	Taxa     []TaxonScore  `json:"taxa"`              // all, in the order of the dataset
	Took     time.Duration `json:"took_ns"`
}

// TaxonScore is one taxon's share of a validation. Without boxes in truth the
// numbers mean nothing and are 0.
type TaxonScore struct {
	Taxon     string  `json:"taxon"`
	Studied   bool    `json:"studied"`
	Truth     int     `json:"truth"` // boxes
	AP50      float64 `json:"ap50"`
	AP        float64 `json:"ap"`
	F         float64 `json:"best_f"` // at IoU 0.5
	Threshold float64 `json:"threshold"`
	Precision float64 `json:"precision"` // at the threshold
	Recall    float64 `json:"recall"`
}
