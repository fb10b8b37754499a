package exchange

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// BIIGLE is the CSV annotation reports of BIIGLE (biigle.de/manual/tutorials/reports/reports-schema), of videos and of pictures:
//
//	video_annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,video_id,video_filename,
//	  shape_id,shape_name,points,frames,annotation_id,created_at,attributes
//	annotation_label_id,label_id,label_name,label_hierarchy,user_id,firstname,lastname,image_id,filename,
//	  image_longitude,image_latitude,shape_id,shape_name,points,attributes,annotation_id,created_at
//
// A row is one label of one annotation; an annotation of several labels has several rows, which may lie far apart.
// An annotation of a video is a Track, each of its key frames a Mark; of a picture, a Mark. points and
// frames are JSON; frames are SECONDS from the start of the video, no numbers of frames, so marks
// have a Time (to the nanosecond) and no Frame. A null among them is a gap: the mark before it is Still. Names
// come in the order of the rows. label_hierarchy "A > B > C" makes "A/B" the Parent of C, the first
// row's user and date are the Origin (dates are taken as UTC), requin_status, a column that Requin alone writes, the status, attributes are the Media's size and, as they
// stand, its Extra. The ids, users and dates of all rows are in Extra as "biigle.labels". Numbers of a shape that
// cannot be worked out again to the last digit are in Extra as "biigle.points".
//
// Rows are read twice: memory grows with the annotations, not with their key frames. Written is a report of videos
// where there is any video, of pictures otherwise.
func BIIGLE() Format {
	return Format{Name: "biigle", Title: "BIIGLE CSV annotation report", Sniff: sniffBIIGLE, Read: statusPlace{}.read(readBIIGLE), Write: statusPlace{}.write(writeBIIGLE)}
}

func sniffBIIGLE(name string, head []byte) float64 {
	first, _, _ := strings.Cut(strings.TrimLeft(string(head), "\ufeff\r\n"), "\n")
	columns := strings.Split(strings.ReplaceAll(strings.TrimSpace(first), `"`, ""), ",")
	has := func(name string) bool { return slices.Contains(columns, name) }
	switch {
	case !has("shape_name"), !has("points"), !has("label_name"):
		return 0
	case has("video_annotation_label_id"), has("annotation_label_id"):
		return 0.98
	}
	return 0.8
}

// biigleLabel is what a row says of a label: who gave it to the annotation, and when.
type biigleLabel struct {
	ID        string            `json:"id,omitempty"`
	LabelID   string            `json:"label_id,omitempty"`
	Name      string            `json:"label_name"`
	UserID    string            `json:"user_id,omitempty"`
	First     string            `json:"firstname,omitempty"`
	Last      string            `json:"lastname,omitempty"`
	At        string            `json:"created_at,omitempty"`
	Other     map[string]string `json:"other,omitempty"` // columns that BIIGLE has not now
	hierarchy string
	status    string // of what came out of a count of Requin's: the column requin_status
}

// origin is who and when.
func (l biigleLabel) origin() annotate.Origin {
	at, _ := parseBIIGLETime(l.At)
	return annotate.Origin{By: strings.TrimSpace(l.First + " " + l.Last), At: at}
}

// label is the class that the row names.
func (l biigleLabel) label() annotate.Label {
	out := annotate.Label{Name: l.Name, ID: l.LabelID}
	if l.hierarchy == "" || l.hierarchy == l.Name { // a root
		return out
	}
	parts := strings.Split(l.hierarchy, " > ")
	out.Parent = strings.Join(parts[:len(parts)-1], "/")
	if biigleHierarchy(out) != l.hierarchy {
		out.Extra = annotate.Extra{"biigle.label_hierarchy": l.hierarchy}
	}
	return out
}

// biigleHierarchy is a label as a path from the root of its tree.
func biigleHierarchy(l annotate.Label) string {
	if h := l.Extra["biigle.label_hierarchy"]; h != "" {
		return h
	}
	if l.Parent == "" {
		return l.Name
	}
	return strings.ReplaceAll(l.Parent, "/", " > ") + " > " + l.Name
}

// biigleTime is how dates are written.
const biigleTime = "2006-01-02 15:04:05"

// parseBIIGLETime reads a date; zero where there is none.
func parseBIIGLETime(s string) (time.Time, bool) {
	if missing(s) {
		return time.Time{}, true
	}
	for _, layout := range []string{biigleTime, "2006-01-02T15:04:05Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// biigleNames are the labels as names.
func biigleNames(labels []biigleLabel) []annotate.Name {
	var out []annotate.Name
	for _, l := range labels {
		out = append(out, annotate.Name{Label: l.Name})
	}
	return out
}

// biigleExtra keeps what rows say beyond their names.
func biigleExtra(labels []biigleLabel) annotate.Extra {
	extra := biigleRows(labels)
	if status := labels[0].status; status != "" {
		setExtra(&extra, annotate.StatusKey, status)
	}
	return extra
}

func biigleRows(labels []biigleLabel) annotate.Extra {
	if !slices.ContainsFunc(labels, func(l biigleLabel) bool {
		return l.ID+l.LabelID+l.UserID+l.First+l.Last+l.At != "" || len(l.Other) > 0
	}) {
		return nil
	}
	text, err := json.Marshal(labels)
	if err != nil {
		return nil // strings always can be
	}
	return annotate.Extra{"biigle.labels": string(text)}
}

// biigleLabels are the rows of something with these names: as they were read, as far as that still holds.
func biigleLabels(names []annotate.Name, origin annotate.Origin, extra annotate.Extra) []biigleLabel {
	var read []biigleLabel
	if json.Unmarshal([]byte(extra["biigle.labels"]), &read) != nil {
		read = nil
	}
	var out []biigleLabel
	for i, name := range names {
		l := biigleLabel{Name: name.Label}
		if i < len(read) && read[i].Name == name.Label {
			l = read[i]
		}
		if (i == 0 || i >= len(read)) && l.origin() != origin {
			l.UserID, l.At = "", ""
			if l.First, l.Last = origin.By, ""; strings.Contains(origin.By, " ") {
				i := strings.LastIndexByte(origin.By, ' ')
				l.First, l.Last = origin.By[:i], origin.By[i+1:]
			}
			if !origin.At.IsZero() {
				l.At = origin.At.UTC().Format(biigleTime)
			}
		}
		out = append(out, l)
	}
	return out
}

// biigleSize is the size that attributes state; 0 where they do not.
func biigleSize(attributes string) (w, h int, err error) {
	if missing(attributes) {
		return 0, 0, nil
	}
	var stated map[string]json.RawMessage
	if err := json.Unmarshal([]byte(attributes), &stated); err != nil {
		if attributes == "[]" { // an empty map, as PHP writes it
			return 0, 0, nil
		}
		return 0, 0, err
	}
	pixels := func(name string) int {
		var n int
		if json.Unmarshal(stated[name], &n) != nil || n < 0 || n > 1<<20 {
			return 0
		}
		return n
	}
	return pixels("width"), pixels("height"), nil
}
