package exchange

import (
	"slices"
	"strings"
)

// BoxesCSV is a table of boxes, one a row, under a header: what most tools can write. Commas, semicolons or tabs
// separate the columns; upper case, spaces, dots, hyphens and underscores in names do not matter. The first of the names
// that the header has is taken:
//
//	file        file, filename, file_name, image, image_name, image_path, img, video, video_name, video_path, media, path, name
//	frame       frame, frame_number, frame_id, frame_index (from 0); clip_frame (from 1)
//	time        time, time_s, seconds, sec (seconds, or hours:minutes:seconds); time_ms, timestamp_ms (milliseconds);
//	            timestamp (seconds, but milliseconds in a table of FishID's, which has trackerType or linkIndex)
//	xmin        xmin, x_min, x1, left, x0          the corners in pixels, or with the size of the box:
//	ymin        ymin, y_min, y1, top, y0             x, bbox_x, xmin ...    and   y, bbox_y, ymin ...
//	xmax        xmax, x_max, x2, right               w, bbox_w, box_width, width    where there is no xmax
//	ymax        ymax, y_max, y2, bottom              h, bbox_h, box_height, height
//	a point     point_x and point_y, center_smoothed_x and _y (pixels); tracker_center_x and _y (FishID: shares
//	            of width and height)
//	label       label, class, class_name, category, species, taxon, common_name, name_of_class
//	confidence  confidence, score, conf, detection_score, probability
//	track       track, track_id, linkIndex; id where there is a frame or a time and none of these
//	id          id, annotation_id, mark_id: the mark's own
//	width       width, image_width, img_width: of the picture, where it is not the box's; height as well
//	fps         fps, frame_rate: frames a second, 30 or 30000/1001
//	deployment  deployment, opcode
//	is_video    yes or no; otherwise the ending of the file tells, then whether the table has frames or times
//	shape       box, point, whole (a frame without a place), look (everything in this frame was marked),
//	            media (the row states a file alone); otherwise what the row has tells
//
// A row with a box or a point is a Mark. A row without either but with a label, a confidence, an id or a
// track is a Mark of a whole frame; without those too a Look where the table has boxes or frames, and a Media where it has
// neither (a list of pictures). Where no column or cell names the file, it is the table's own name without .csv,
// .boxes or .frames. In a table of frames alone the columns source_frame, source_image, n_boxes say nothing that a
// Look holds, and are left out. All other columns are kept in Extra as "csv.<column>", and so is a cell that
// states of a file what an earlier row stated otherwise.
//
// Written are the columns above by their first names, then those of Extra. No other shape than a box or a point is held.
func BoxesCSV() Format {
	status := statusPlace{field: "csv." + statusName}
	return Format{Name: "csv", Title: "CSV of boxes", Sniff: sniffBoxesCSV, Read: status.read(readBoxesCSV), Write: status.write(writeBoxesCSV)}
}

// boxesNames are the names of each column, the one that is written first.
var boxesNames = map[string][]string{
	"file":       {"file", "filename", "file_name", "image", "image_name", "image_path", "img", "video", "video_name", "video_path", "media", "path", "name"},
	"frame":      {"frame", "frame_number", "frame_id", "frame_index"},
	"clip_frame": {"clip_frame"},
	"time":       {"time", "time_s", "seconds", "sec"},
	"time_ms":    {"time_ms", "timestamp_ms"},
	"timestamp":  {"timestamp"},
	"xmin":       {"xmin", "x_min", "x1", "left", "x0", "x", "bbox_x"},
	"ymin":       {"ymin", "y_min", "y1", "top", "y0", "y", "bbox_y"},
	"xmax":       {"xmax", "x_max", "x2", "right"},
	"ymax":       {"ymax", "y_max", "y2", "bottom"},
	"w":          {"w", "bbox_w", "box_width", "width"},
	"h":          {"h", "bbox_h", "box_height", "height"},
	"point_x":    {"point_x", "center_smoothed_x"},
	"point_y":    {"point_y", "center_smoothed_y"},
	"share_x":    {"tracker_center_x"},
	"share_y":    {"tracker_center_y"},
	"label":      {"label", "class", "class_name", "category", "species", "taxon", "common_name", "name_of_class"},
	"confidence": {"confidence", "score", "conf", "detection_score", "probability"},
	"track":      {"track", "track_id", "linkIndex"},
	"id":         {"id", "annotation_id", "mark_id"},
	"width":      {"width", "image_width", "img_width"},
	"height":     {"height", "image_height", "img_height"},
	"fps":        {"fps", "frame_rate"},
	"deployment": {"deployment", "opcode"},
	"is_video":   {"is_video"},
	"shape":      {"shape"},
}

// boxesHeader is what is written.
var boxesHeader = []string{"file", "is_video", "width", "height", "fps", "deployment", "frame", "time", "shape", "xmin", "ymin", "xmax", "ymax", "label", "confidence", "id", "track"}

// boxesOfMedia are the columns that speak of the file rather than of the row.
var boxesOfMedia = []string{"width", "height", "fps", "deployment", "is_video"}

func sniffBoxesCSV(name string, head []byte) float64 {
	t, err := openTable("table", strings.NewReader(string(head)), 0)
	if err != nil || len(t.header) < 2 {
		return 0
	}
	at := boxesColumns(t)
	switch {
	case at["xmin"] >= 0 && at["ymin"] >= 0, at["share_x"] >= 0 || at["point_x"] >= 0:
		return 0.2
	case strings.HasSuffix(strings.ToLower(name), ".csv") && (at["file"] >= 0 || at["clip_frame"] >= 0):
		return 0.1
	}
	return 0
}

// boxesColumns finds the columns by their names, -1 where there is none.
func boxesColumns(t *table) map[string]int {
	at := map[string]int{}
	for role, names := range boxesNames {
		at[role] = t.column(names...)
	}
	without := func(roles ...string) {
		for _, role := range roles {
			at[role] = -1
		}
	}
	if at["xmin"] >= 0 && at["xmax"] >= 0 || at["xmin"] < 0 {
		without("w", "h")
	} else {
		for _, pair := range [][2]string{{"width", "w"}, {"height", "h"}} {
			if at[pair[0]] == at[pair[1]] {
				at[pair[0]] = t.column(boxesNames[pair[0]][1:]...)
			}
		}
	}
	if at["xmin"] >= 0 {
		without("point_x", "point_y", "share_x", "share_y")
	} else if at["point_x"] >= 0 {
		without("share_x", "share_y")
	}
	if at["frame"] >= 0 {
		without("clip_frame")
	}
	if at["time"] >= 0 {
		without("time_ms", "timestamp")
	} else if at["time_ms"] >= 0 {
		without("timestamp")
	} else if at["timestamp"] >= 0 && t.column("trackerType", "linkIndex") >= 0 {
		at["time_ms"] = at["timestamp"]
		without("timestamp")
	}
	timed := slices.ContainsFunc([]string{"frame", "clip_frame", "time", "time_ms", "timestamp"}, func(role string) bool { return at[role] >= 0 })
	if id := t.column("id"); timed && at["track"] < 0 && id >= 0 {
		at["track"], at["id"] = id, t.column(boxesNames["id"][1:]...)
	}
	return at
}
