package exchange

import (
	"path"
	"strings"

	"requin/annotate"
)

// LabelStudio is Label Studio's JSON export (https://labelstud.io/guide/task_format): an array of
// tasks, each with its picture or video, annotations and predictions. JSON-MIN is read too, and written as JSON.
//
// What becomes what:
//   - A task is a Media, called by what its data say (the field image, video, or the only one that is a path). A picture with
//     an annotation that was not cancelled was looked at; one without was not. Of videos nothing is said.
//   - Rectangles, ellipses, polygons and key points are shapes. Percent become pixels of original_width and original_height or, where those
//     are missing, of the size that the caller knows or the picture has; without any of these reading is an error. A
//     rectangle is turned about its top left corner there, about its centre here. Brush masks are kept as they are, with the whole
//     picture as their box. Choices for the whole task name the whole picture.
//   - A videorectangle is a Track, each entry of its sequence a Mark (a key frame). Frames count from 1 there, from 0 here;
//     enabled: false is Still. Label Studio shows a track whose last key frame is enabled to the end of the video.
//     framesCount and duration give the frames and the rate, unless the caller knows the rate.
//   - completed_by and created_at are the Origin; for predictions the model and Extra
//     "labelstudio.in" ("predictions/0") tell that no person stated them. Choices, texts and numbers
//     of a region are Attributes.
//   - Everything else is kept as JSON in Extra. The labels themselves are in Label
//     Studio's labelling interface, which no export has: there are no Label records.
func LabelStudio() Format {
	var status statusPlace // a note of the region has it
	return Format{Name: "labelstudio", Title: "Label Studio JSON", Sniff: sniffLabelStudio, Read: status.read(readLabelStudio), Write: status.write(writeLabelStudio)}
}

func sniffLabelStudio(name string, head []byte) float64 {
	text := strings.Join(strings.Fields(string(head)), "")
	if strings.ToLower(path.Ext(name)) != ".json" || !strings.HasPrefix(text, "[") {
		return 0
	}
	has := func(key string) bool { return strings.Contains(text, `"`+key+`":`) }
	switch {
	case has("data") && (has("annotations") || has("predictions") || has("completions")):
		return 0.95
	case has("annotation_id") && has("annotator"), has("original_width") && has("from_name"):
		return 0.9
	case has("data") && (has("image") || has("video")):
		return 0.5
	}
	return 0
}

var studioReach = reach{
	own: "labelstudio",
	holds: []string{lostTrack, lostEmptyTrack, lostVideo, lostStill, lostOutside, lostAttributes, lostScore, lostNames, lostMarkID, lostOrigin, lostWhole,
		lostMediaID, lostFrames, lostRate, lostSize, lostUnlooked, lostPartly},
	shapes: []annotate.Kind{annotate.Box, annotate.Rotated, annotate.Ellipse, annotate.Circle, annotate.Polygon, annotate.Points, annotate.Mask},
}

// studioKinds are the types of results that are shapes, without their ending "labels".
var studioKinds = map[string]annotate.Kind{"rectangle": annotate.Box, "ellipse": annotate.Ellipse, "polygon": annotate.Polygon,
	"keypoint": annotate.Points, "brush": annotate.Mask}

// studioPath is where a result lies: annotations/0.
const studioPath = "labelstudio.in"

// isVideoName tells a video by the end of its name.
func isVideoName(name string) bool {
	name, _, _ = strings.Cut(name, "?")
	switch strings.ToLower(path.Ext(name)) {
	case ".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".mts", ".ogv":
		return true
	}
	return false
}
