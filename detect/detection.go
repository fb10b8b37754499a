// Package detect's noun is a detection: one frame in, boxes with taxon scores out.
// It owns letterboxing, running a model, decoding the output of each family of
// detectors, suppression and thresholds. It does not join detections over time
// (track) and does not count (count).
//
//	frame → canvas → onnx.Session → the family's decoder → classes to taxa → suppress → clip
//
// A model is any ONNX detector of a family that families lists. What its file does
// not say is found by its shapes or asked for. A file may say, in its
// metadata_props:
//
//	requin.family         the family's name
//	requin.classes        JSON list of class names
//	requin.input          width×height where the file leaves them open: "640x384"
//	requin.decoded        "true" or "false": whether YOLOX's boxes are decoded in the file
//	requin.normalisation  JSON of Pixels; what it leaves out is the family's
//	requin.thresholds     JSON object from class or taxon to least score
//	requin.roles          JSON object from class to studied or context, where no taxa are named
//	requin.dataset        SHA-256 of the manifest that it was trained on
//
// and what Ultralytics writes is understood too: names, imgsz, stride, task.
package detect

import (
	"requin/frame"
	"requin/taxon"
)

// TrainedOn is the key of a model's metadata that names what it was trained on.
const TrainedOn = "requin.dataset"

// Detection is one animal that a model believes it sees in one frame.
type Detection struct {
	Box    frame.Box     `json:"box"`              // pixels of the full picture
	Taxon  string        `json:"taxon"`            // the best scored taxon
	Score  float32       `json:"score"`            // its score, 0 to 1
	Scores []taxon.Score `json:"scores,omitempty"` // the best taxa, best first, where the model scores more than one
}

// Frame is one frame that was looked at and what was found in it: no detection means
// looked at and nothing found, which is not the same as a gap.
type Frame struct {
	frame.Instant
	Detections []Detection `json:"detections"`
}
