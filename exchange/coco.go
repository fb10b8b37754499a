package exchange

import (
	"path"
	"strings"

	"requin/annotate"
)

// COCO is the COCO object detection format: one JSON file of images, annotations and
// categories (https://cocodataset.org/#format-data), and its results format, a
// bare array of {image_id, category_id, bbox, score}.
//
// What becomes what:
//   - A category is a Label; supercategory its Parent. A picture is a Media, and every
//     picture that is listed counts as looked at: the format has no other way to say
//     that there is nothing in it.
//   - An annotation is a Mark whose shape is its bbox, [x, y, width, height] in pixels as it stands; where there
//     is none it is the box around the polygons of the segmentation, and
//     without those the whole picture is named (camera trap files do that). The segmentation
//     itself, polygons or run lengths, is kept as JSON in Extra "coco.segmentation". A polygon of another
//     format is written as bbox and segmentation, so it comes back as a box.
//   - The object "attributes", as datumaro and CVAT write it, is Attributes; its
//     "occluded" is Occluded. score is the score of the name.
//   - area is kept where it is not that of the box; every other field is kept as JSON in
//     Extra under its name ("coco.keypoints"), and what describes the whole file (info, licenses) in the first
//     picture's ("coco.file.info"): a file without pictures keeps none of it.
//   - Video, as in CocoVID and TAO: an entry of "videos" is a Media with Video; pictures with a video_id and a frame_id
//     or frame_index (from 0) stay Media, but marks and looks are those of the video's frame;
//     track_id (or instance_id) is the track.
//
// Results have no names: pictures and labels are called by their ids, and nothing says which pictures were looked at.
//
// The file is read three times over rather than held, so that its arrays may
// come in any order; the ids and names of pictures are held, and the ids of annotations.
func COCO() Format {
	status := statusPlace{marks: true}
	return Format{Name: "coco", Title: "COCO detection JSON", Sniff: sniffCOCO, Read: status.read(readCOCO), Write: status.write(writeCOCO)}
}

func sniffCOCO(name string, head []byte) float64 {
	if strings.ToLower(path.Ext(name)) != ".json" {
		return 0
	}
	text := strings.Join(strings.Fields(string(head)), "")
	has := func(keys ...string) bool {
		for _, key := range keys {
			if !strings.Contains(text, `"`+key+`":`) {
				return false
			}
		}
		return true
	}
	switch {
	case strings.HasPrefix(text, "[{") && has("image_id", "category_id", "bbox"):
		return 0.95
	case !strings.HasPrefix(text, "{"):
		return 0
	case has("image_id", "category_id"), strings.Contains(text, `"images":[`) && has("file_name", "id"):
		return 0.95
	case strings.Contains(text, `"categories":[`), strings.Contains(text, `"images":[`), strings.Contains(text, `"annotations":[`):
		return 0.6
	case has("info"), has("licenses"):
		return 0.4
	}
	return 0
}

// cocoReach is what COCO can hold. Every frame of a video may be listed, hence Video.
var cocoReach = reach{
	own: "coco",
	holds: []string{lostTrack, lostVideo, lostLook, lostOccluded, lostCrowd, lostAttributes, lostScore, lostMarkID, lostWhole,
		lostMediaID, lostLabelID, lostParent, lostSize},
	shapes: []annotate.Kind{annotate.Box, annotate.Polygon},
}

// cocoResults marks the pictures of a results file, in Extra "coco.results". It is no JSON, so that no field of a file is it.
const cocoResults = "yes"
