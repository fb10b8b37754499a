package exchange

import (
	"bufio"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// cocoWriter writes element by element.
type cocoWriter struct {
	*inventory
	out      *bufio.Writer
	after    bool // an element was written: a comma comes before the next
	results  bool
	labelIDs []string
	mediaIDs []string
	frameIDs map[string]map[int]string // id of the picture of a video's frame
	nextID   int64
	used     map[string]bool
}

func writeCOCO(folder Folder, records annotate.Records, opt Options) (*Losses, error) {
	inv, err := takeInventory(records, cocoReach)
	if err != nil {
		return nil, err
	}
	for _, m := range inv.media {
		inv.lost(!m.Video && !inv.looked[m.Name] && inv.marks[m.Name] == 0 && m.Extra["coco.video_id"] == "", lostUnlooked, m.Name)
	}
	file, err := folder.Create(opt.Name)
	if err != nil {
		return nil, err
	}
	w := &cocoWriter{inventory: inv, out: bufio.NewWriter(file), frameIDs: map[string]map[int]string{}, nextID: inv.topID, used: map[string]bool{}}
	w.results = len(inv.media) > 0 && !slices.ContainsFunc(inv.media, func(m annotate.Media) bool { return m.Extra["coco.results"] != cocoResults })
	w.number()
	err = w.write(records, opt)
	if flushErr := w.out.Flush(); err == nil {
		err = flushErr
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return inv.losses, err
}

// number gives every category, picture and video an id.
func (w *cocoWriter) number() {
	var labels, media []string
	for _, l := range w.labels {
		labels = append(labels, l.ID)
	}
	for _, m := range w.media {
		media = append(media, m.ID)
	}
	var twice []int
	w.labelIDs, twice = newIDs(labels, 1)
	for _, i := range twice {
		w.losses.add(lostLabelID, w.labels[i].Name)
	}
	// Pictures and videos are counted apart, so that a video may have a picture's number.
	kept := make([]string, len(media))
	for _, video := range []bool{false, true} {
		var ids []string
		var at []int
		for i, m := range w.media {
			if m.Video == video {
				ids, at = append(ids, media[i]), append(at, i)
			}
		}
		ids, twice = newIDs(ids, 1)
		for k, i := range at {
			kept[i] = ids[k]
		}
		for _, k := range twice {
			w.losses.add(lostMediaID, w.media[at[k]].Name)
		}
	}
	w.mediaIDs = kept
}

func (w *cocoWriter) write(records annotate.Records, opt Options) error {
	if w.results {
		w.print("[")
		if err := w.annotations(records); err != nil {
			return err
		}
		w.print("\n]\n")
		return nil
	}
	w.print("{")
	if err := w.file(opt); err != nil {
		return err
	}
	for _, part := range []struct {
		key   string
		write func() error
	}{
		{"categories", w.categories}, {"videos", w.videos}, {"images", w.images},
		{"annotations", func() error { return w.annotations(records) }},
	} {
		if part.key == "videos" && !slices.ContainsFunc(w.media, func(m annotate.Media) bool { return m.Video }) {
			continue
		}
		if part.key != "categories" {
			w.print(",")
		}
		w.print("\n" + jsonText(part.key) + ":[")
		w.after = false
		if err := part.write(); err != nil {
			return err
		}
		w.print("\n]")
	}
	w.print("\n}\n")
	return nil
}

// print leaves errors to Flush, as bufio does.
func (w *cocoWriter) print(s string) { _, _ = w.out.WriteString(s) }

func (w *cocoWriter) element(o *jsonObject) {
	if w.after {
		w.print(",")
	}
	w.after = true
	w.print("\n" + o.String())
}

// file writes what describes the whole file, which pictures carry.
func (w *cocoWriter) file(opt Options) error {
	var file annotate.Extra
	for _, m := range w.media {
		own := annotate.Extra{}
		for key, value := range m.Extra {
			if strings.HasPrefix(key, "coco.file.") {
				own[key] = value
			}
		}
		switch {
		case len(own) == 0:
		case file == nil:
			file = own
		default:
			for key, value := range own {
				if file[key] != value {
					w.losses.add("the field "+key+" of a second file", m.Name)
				}
			}
		}
	}
	var o jsonObject
	if err := o.extra(file, "coco.file.", "images", "annotations", "categories", "videos"); err != nil {
		return err
	}
	if text := o.String(); text != "{}" {
		w.print("\n" + strings.TrimSuffix(strings.TrimPrefix(text, "{"), "}") + ",")
	}
	return nil
}

func (w *cocoWriter) categories() error {
	for i, l := range w.labels {
		var o jsonObject
		o.id("id", w.labelIDs[i])
		o.text("name", l.Name)
		if l.Parent != "" {
			o.text("supercategory", l.Parent)
		}
		if err := o.extra(l.Extra, "coco."); err != nil {
			return err
		}
		w.element(&o)
	}
	return nil
}

func (w *cocoWriter) videos() error {
	for i, m := range w.media {
		if !m.Video {
			continue
		}
		var o jsonObject
		o.id("id", w.mediaIDs[i])
		o.text("name", m.Name)
		if err := w.sized(&o, m); err != nil {
			return err
		}
	}
	return nil
}

// sized adds what pictures and videos have in common and writes the element.
func (w *cocoWriter) sized(o *jsonObject, m annotate.Media) error {
	if m.W > 0 {
		o.whole("width", m.W)
	}
	if m.H > 0 {
		o.whole("height", m.H)
	}
	var own annotate.Extra = map[string]string{}
	for key, value := range m.Extra {
		if !strings.HasPrefix(key, "coco.file.") && value != cocoResults {
			own[key] = value
		}
	}
	if err := o.extra(own, "coco."); err != nil {
		return err
	}
	w.element(o)
	return nil
}

func (w *cocoWriter) images() error {
	videoByID := map[string]string{}
	for i, m := range w.media {
		if m.Video {
			videoByID[jsonID(w.mediaIDs[i])] = m.Name
		}
	}
	taken := map[string]bool{}
	for i, m := range w.media {
		if m.Video {
			continue
		}
		number, isFrame := frameStated(m.Extra)
		video := videoByID[m.Extra["coco.video_id"]]
		if !isFrame && !w.looked[m.Name] && w.marks[m.Name] == 0 {
			continue // listed, it would count as looked at
		}
		if video != "" && isFrame {
			w.setFrame(video, number, w.mediaIDs[i])
		}
		taken[w.mediaIDs[i]] = true
		var o jsonObject
		o.id("id", w.mediaIDs[i])
		o.text("file_name", m.Name)
		if err := w.sized(&o, m); err != nil {
			return err
		}
	}
	return w.frameImages(taken)
}

// frameStated is the frame of a video that a picture of COCO's says it is.
func frameStated(extra annotate.Extra) (int, bool) {
	for _, key := range []string{"coco.frame_id", "coco.frame_index"} {
		if text, there := extra[key]; there && extra["coco.video_id"] != "" {
			var number float64
			err := json.Unmarshal([]byte(text), &number)
			return int(number), err == nil
		}
	}
	return 0, false
}

func (w *cocoWriter) setFrame(video string, number int, id string) {
	if w.frameIDs[video] == nil {
		w.frameIDs[video] = map[int]string{}
	}
	w.frameIDs[video][number] = id
}

// frameImages lists a picture for every frame of a video that was looked at or marked and has none yet.
func (w *cocoWriter) frameImages(taken map[string]bool) error {
	next := 1
	for i, m := range w.media {
		var numbers []int
		for number := range w.frames[m.Name] {
			if _, have := w.frameIDs[m.Name][number]; !have && number >= 0 && m.Video {
				numbers = append(numbers, number)
			}
		}
		slices.Sort(numbers)
		for _, number := range numbers {
			for taken[strconv.Itoa(next)] {
				next++
			}
			id := strconv.Itoa(next)
			taken[id] = true
			w.setFrame(m.Name, number, id)
			var o jsonObject
			o.id("id", id)
			o.text("file_name", fmt.Sprintf("%s/frame_%06d.jpg", strings.TrimSuffix(m.Name, path.Ext(m.Name)), number))
			o.id("video_id", w.mediaIDs[i])
			o.whole("frame_id", number)
			if err := w.sized(&o, annotate.Media{W: m.W, H: m.H}); err != nil {
				return err
			}
		}
	}
	return nil
}
