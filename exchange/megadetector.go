package exchange

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
)

// MegaDetector is the output format of MegaDetector and of what follows it (AddaxAI, SpeciesNet, Timelapse),
// versions 1.0 to 1.6: a JSON file with an entry for each picture or video.
//
// Boxes are shares of a picture, and the file as a rule does not say how large that is.
// Where it does ("width", "height"), or Input.Size does, marks have boxes in pixels, to the millionth.
// Where nobody knows, a mark has no place (WholePic) and its shares are kept as
// "megadetector.bbox": labels, scores, frames and counts can be used, and nothing is wrong; read the file once more with
// the pictures at hand for the boxes. Input.Size may answer fs.ErrNotExist for a picture that is not there.
//
//   - A failure is Media.Failure. So is an entry without detections and without a failure.
//   - A detection's name is its category, with its confidence; where it was classified, the classes, best first, with
//     the category kept as "megadetector.category" and "megadetector.conf".
//   - A detection in a video has the frame of frame_number; without one nothing tells when it was.
//   - detector and detection_completion_time are each mark's origin.
//   - info, and what is not known of the file's members, is kept with the first picture, what is not known of entries
//     and detections with those. max_detection_conf is kept where it is not the highest confidence,
//     frames_processed where it is not the frames with detections.
//
// Written is version 1.6. What has several names is written as an "animal" with these as classes; frames_processed
// are the frames with marks where nothing else is known.
func MegaDetector() Format {
	status := statusPlace{}
	return Format{
		Name: "megadetector", Title: "MegaDetector batch JSON",
		Sniff: func(name string, head []byte) float64 {
			text := strings.TrimSpace(string(head))
			switch {
			case !strings.HasPrefix(text, "{"):
				return 0
			case strings.Contains(text, `"detection_categories"`), strings.Contains(text, `"max_detection_conf"`):
				return 0.97
			case strings.Contains(text, `"format_version"`) && strings.Contains(text, `"info"`),
				strings.Contains(text, `"images"`) && strings.Contains(text, `"detections"`) && strings.Contains(text, `"conf"`):
				return 0.8
			}
			return 0
		},
		Read: status.read(func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error { return readMegaDetector(in, r, out) })
		}),
		Write: status.write(writeMegaDetector),
	}
}

const (
	mdDetection      = "detection" // kinds of categories
	mdClassification = "classification"
	largestPicture   = 100_000 // pixels along one side
)

// mdFile is what is known before the images are read.
type mdFile struct {
	in        Input
	out       give
	j         *jsonFile
	detection map[string]string // names by id
	class     map[string]string
	described map[string]string
	extra     annotate.Extra // for the first picture
	origin    annotate.Origin
	files     map[string]bool
}

func readMegaDetector(in Input, file io.Reader, out give) error {
	f := &mdFile{in: in, out: out, files: map[string]bool{}}
	if err := f.look(); err != nil {
		return err
	}
	for _, list := range []struct {
		kind  string
		names map[string]string
	}{{mdDetection, f.detection}, {mdClassification, f.class}} {
		for _, id := range slices.SortedFunc(maps.Keys(list.names), byNumber) {
			if err := f.label(list.kind, id, list.names[id]); err != nil {
				return err
			}
		}
	}
	f.j = openJSON("MegaDetector JSON", in, file)
	err := f.j.members(func(key string) error {
		if key == "images" {
			return f.j.elements(f.image)
		}
		return f.j.skip()
	})
	if err != nil {
		return err
	}
	return f.j.over()
}

func byNumber(a, b string) int {
	if len(a) != len(b) {
		return cmp.Compare(len(a), len(b))
	}
	return strings.Compare(a, b)
}

func (f *mdFile) label(kind, id, name string) error {
	extra := annotate.Extra{"megadetector.kind": kind}
	if text := f.described[id]; text != "" && kind == mdClassification {
		extra["megadetector.description"] = text
	}
	return f.out(annotate.Label{Name: name, ID: id, Extra: extra})
}

// look goes through the file once for all but the images.
func (f *mdFile) look() error {
	file, err := f.in.open()
	if err != nil {
		return err
	}
	defer file.Close()
	j := openJSON("MegaDetector JSON", f.in, file)
	images := false
	rest := map[string]json.RawMessage{}
	err = j.members(func(key string) error {
		switch key {
		case "images":
			images = true
			return j.skip()
		case "detection_categories":
			return f.categories(j, key, &f.detection)
		case "classification_categories":
			return f.categories(j, key, &f.class)
		case "classification_category_descriptions":
			return f.categories(j, key, &f.described)
		case "info":
			return f.info(j)
		}
		var raw json.RawMessage
		if err := j.value(&raw); err != nil {
			return err
		}
		rest[key] = raw
		return nil
	})
	if err != nil {
		return err
	}
	if !images {
		return j.errorf(`there is no "images": a MegaDetector file has "info", "detection_categories" and "images"`)
	}
	if len(rest) > 0 {
		setExtra(&f.extra, "megadetector.file", objectText(rest))
	}
	return nil
}

// objectText writes members in the order of their names.
func objectText(members map[string]json.RawMessage) string {
	var o jsonMembers
	for _, key := range slices.Sorted(maps.Keys(members)) {
		o.add(key, json.RawMessage(compact(members[key])))
	}
	return string(o.object())
}

func (f *mdFile) categories(j *jsonFile, key string, into *map[string]string) error {
	if err := j.value(into); err != nil {
		return j.errorf(`%s should be an object of names by number, {"1": "animal"}: %w`, key, err)
	}
	for id, name := range *into {
		if !isCategory(id) || strings.TrimSpace(name) == "" {
			return j.errorf("%s has %.40q: %.40q: it should be a whole number as text and a name", key, id, name)
		}
	}
	return nil
}

// isCategory tells a category's id: a whole number from 0 as text, without zeros before it.
func isCategory(id string) bool {
	n, err := strconv.ParseUint(id, 10, 31)
	return err == nil && strconv.FormatUint(n, 10) == id
}

func (f *mdFile) info(j *jsonFile) error {
	var info map[string]json.RawMessage
	if err := j.value(&info); err != nil {
		return err
	}
	var version, detector, at string
	_ = json.Unmarshal(info["detector"], &detector)              // anything else than text names nobody
	_ = json.Unmarshal(info["detection_completion_time"], &at)   // nor any time
	if json.Unmarshal(info["format_version"], &version) != nil { // text, as a rule
		version = compact(info["format_version"]) // or a number; none in the oldest
	}
	if version != "" && version != "1" && !strings.HasPrefix(version, "1.") && !strings.HasPrefix(version, "0") {
		return j.errorf("format_version is %.20q: 1.0 to 1.6 can be read", version)
	}
	f.origin.By = detector
	if t, err := time.Parse(time.DateTime, at); err == nil {
		f.origin.At = t
	}
	delete(info, "format_version")
	if len(info) > 0 {
		setExtra(&f.extra, "megadetector.info", objectText(info))
	}
	return nil
}

// image reads one entry.
func (f *mdFile) image(i int) error {
	var entry map[string]json.RawMessage
	if err := f.j.value(&entry); err != nil {
		return err
	}
	wrong := func(err error) error { return f.j.errorf("images, entry %d: %w", i+1, err) }
	m, detections, err := f.medium(entry)
	if err != nil {
		return wrong(err)
	}
	marks := make([]annotate.Mark, len(detections))
	best, frames := 0.0, []int(nil)
	for n, d := range detections {
		var conf float64
		if marks[n], conf, err = f.mark(m, d); err != nil {
			return wrong(fmt.Errorf("detection %d: %w", n+1, err))
		}
		best = max(best, conf)
		if marks[n].Frame >= 0 {
			frames = append(frames, marks[n].Frame)
		}
	}
	if m.Extra["megadetector.frames_processed"] == framesText(frames) { // follows from the marks
		delete(m.Extra, "megadetector.frames_processed")
	}
	var highest *float64
	if err := field(entry, "max_detection_conf", &highest, "a number"); err != nil {
		return wrong(err)
	}
	if highest != nil && *highest != best {
		setExtra(&m.Extra, "megadetector.max_detection_conf", numText(*highest))
	}
	if len(m.Extra) == 0 {
		m.Extra = nil
	}
	if err := f.out(m); err != nil {
		return err
	}
	for _, mark := range marks {
		if err := f.out(mark); err != nil {
			return err
		}
	}
	return nil
}

// medium is an entry's picture or video.
func (f *mdFile) medium(entry map[string]json.RawMessage) (annotate.Media, []map[string]json.RawMessage, error) {
	m := annotate.Media{Extra: f.extra}
	f.extra = nil
	var failure *string
	var rate *float64
	var detections []map[string]json.RawMessage
	for _, err := range []error{
		field(entry, "file", &m.Name, "a file's name"),
		field(entry, "failure", &failure, "a text, or null"),
		field(entry, "frame_rate", &rate, "a number"),
		field(entry, "width", &m.W, "a whole number of pixels"),
		field(entry, "height", &m.H, "a whole number of pixels"),
		field(entry, "detections", &detections, "a list of detections, or null after a failure"),
	} {
		if err != nil {
			return m, nil, err
		}
	}
	m.Name = strings.ReplaceAll(m.Name, `\`, "/")
	if m.Name == "" || f.files[m.Name] {
		return m, nil, fmt.Errorf("file is %.80q: it should be a file's name that no other entry has", m.Name)
	}
	f.files[m.Name] = true
	if m.W < 0 || m.H < 0 || m.W > largestPicture || m.H > largestPicture {
		return m, nil, fmt.Errorf("width and height are %d and %d: they should be numbers of pixels", m.W, m.H)
	}
	if rate != nil {
		m.Rate = rateOf(*rate)
	}
	switch {
	case failure != nil:
		if m.Failure = *failure; m.Failure == "" {
			m.Failure = "not stated"
		}
	case detections == nil:
		m.Failure = "no detections and no failure are stated"
	}
	_, processed := entry["frames_processed"]
	m.Video = rate != nil || processed || isVideo(m.Name) || slices.ContainsFunc(detections, func(d map[string]json.RawMessage) bool { return d["frame_number"] != nil })
	unknownFields(&m.Extra, "megadetector", entry, "file", "failure", "frame_rate", "width", "height", "max_detection_conf", "detections")
	return m, detections, f.size(&m, len(detections))
}

// size asks for the size of a picture that has detections, where the file does not tell it.
func (f *mdFile) size(m *annotate.Media, detections int) error {
	if m.W > 0 && m.H > 0 {
		return nil
	}
	m.W, m.H = 0, 0
	if f.in.Size == nil || detections == 0 {
		return nil
	}
	w, h, err := f.in.Size(m.Name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("the size of %s: %w", m.Name, err)
	case w <= 0 || h <= 0 || w > largestPicture || h > largestPicture:
		return fmt.Errorf("the size of %s is %d by %d: that is no picture's", m.Name, w, h)
	}
	m.W, m.H = w, h
	return nil
}

// isVideo tells a video by its file's name.
func isVideo(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".mp4", ".mov", ".avi", ".mkv", ".m4v", ".mpg", ".mpeg", ".mts", ".m2ts", ".ts", ".wmv", ".asf", ".lrv", ".webm", ".3gp":
		return true
	}
	return false
}
