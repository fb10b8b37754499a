package exchange

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"requin/annotate"
)

// cocoReader holds what the first pass over a file finds out.
type cocoReader struct {
	in       Input
	emit     func(annotate.Record) error
	labels   map[string]cocoLabel
	names    map[string]string    // the first category's id by its name
	pictures map[string]cocoFrame // by id
	videos   map[string]string    // name by id
	file     annotate.Extra       // of the file as a whole
	results  bool
	first    bool // no picture has been given yet
	tracks   map[[2]string]bool
	seen     map[string]bool // ids of annotations
	claimed  map[string]bool // names of pictures and videos
}

type cocoLabel struct{ name, id string }

// cocoFrame is what an annotation needs to know of its picture.
type cocoFrame struct {
	media string // the video's name where it is a frame of one
	frame int
	video bool
}

func readCOCO(in Input) annotate.Records {
	return streamOf(func(emit func(annotate.Record) error) error {
		c := &cocoReader{in: in, emit: emit, labels: map[string]cocoLabel{}, names: map[string]string{}, pictures: map[string]cocoFrame{},
			videos: map[string]string{}, file: annotate.Extra{}, first: true, tracks: map[[2]string]bool{}, seen: map[string]bool{}, claimed: map[string]bool{}}
		if err := c.in.elements(c.describe); err != nil {
			return err
		}
		if c.results {
			return c.in.elements(c.result)
		}
		for _, step := range []struct {
			key  string
			read func(jsonFields) error
		}{{"images", c.list}, {"images", c.picture}, {"annotations", c.annotation}} {
			err := c.in.elements(func(e jsonElement) error {
				if e.key != step.key || !e.item {
					return nil
				}
				f, err := fieldsOf(e.raw)
				if err != nil {
					return err
				}
				return step.read(f)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// describe is the first pass: categories and videos are given at once, what says
// something of the whole file is kept for the first picture.
func (c *cocoReader) describe(e jsonElement) error {
	switch {
	case e.key == "" && e.item:
		c.results = true
	case e.item && (e.key == "images" || e.key == "annotations"):
	case e.item && e.key == "categories":
		return c.category(e.raw)
	case e.item && e.key == "videos":
		return c.video(e.raw)
	case e.key == "images", e.key == "annotations", e.key == "categories", e.key == "videos":
		if string(e.raw) != "null" {
			return errors.New("here should be an array [...]")
		}
	case e.item:
		list := strings.TrimSuffix(c.file["coco.file."+e.key], "]")
		if !strings.HasPrefix(list, "[") {
			list = "["
		} else if list != "[" {
			list += ","
		}
		if len(list)+len(e.raw) > longestElement {
			return fmt.Errorf("the array is longer than %d MiB and none that Requin knows: take it out of the file", longestElement>>20)
		}
		c.file["coco.file."+e.key] = list + compact(e.raw) + "]"
	default:
		c.file["coco.file."+e.key] = compact(e.raw)
	}
	return nil
}

func (c *cocoReader) category(raw json.RawMessage) error {
	f, err := fieldsOf(raw)
	if err != nil {
		return err
	}
	id, err := f.id("id")
	name, nameErr := f.text("name")
	parent, parentErr := f.text("supercategory")
	if err := errors.Join(err, nameErr, parentErr); err != nil {
		return err
	}
	switch _, twice := c.labels[id]; {
	case id == "" || name == "":
		return errors.New("a category needs an id and a name")
	case twice:
		return fmt.Errorf("a category before it has the id %s too: give each its own", id)
	}
	c.labels[id] = cocoLabel{name, id}
	if _, twice := c.names[name]; !twice {
		c.names[name] = id
	}
	return c.emit(annotate.Label{Name: name, ID: id, Parent: parent, Extra: f.extra("coco.")})
}

func (c *cocoReader) video(raw json.RawMessage) error {
	f, err := fieldsOf(raw)
	if err != nil {
		return err
	}
	m := annotate.Media{Video: true, Rate: c.in.Rate}
	var idErr, wErr, hErr error
	m.Name, err = f.text("name")
	m.ID, idErr = f.id("id")
	m.W, wErr = f.whole("width")
	m.H, hErr = f.whole("height")
	if err := errors.Join(err, idErr, wErr, hErr); err != nil {
		return err
	}
	m.Name = slashes(m.Name)
	if m.ID == "" || m.Name == "" {
		return errors.New("a video needs an id and a name")
	}
	if _, twice := c.videos[m.ID]; twice {
		return fmt.Errorf("a video before it has the id %s too: give each its own", m.ID)
	}
	if err := c.claim(m.Name); err != nil {
		return err
	}
	c.videos[m.ID] = m.Name
	m.Extra = f.extra("coco.")
	return c.emit(m)
}

// slashes is a path with "/" between folders.
func slashes(name string) string { return strings.ReplaceAll(name, `\`, "/") }

// pictureOf reads an element of images.
func (c *cocoReader) pictureOf(f jsonFields) (annotate.Media, cocoFrame, error) {
	var m annotate.Media
	var err [6]error
	m.Name, err[0] = f.text("file_name")
	m.ID, err[1] = f.id("id")
	m.W, err[2] = f.whole("width")
	m.H, err[3] = f.whole("height")
	m.Name = slashes(m.Name)
	m.Extra = f.extra("coco.")
	if m.ID == "" || m.Name == "" {
		err[4] = errors.New("a picture needs an id and a file_name")
	}
	at := cocoFrame{media: m.Name}
	if f["video_id"] != nil && len(c.videos) > 0 {
		at, err[5] = c.frameOf(f)
	}
	return m, at, errors.Join(err[:]...)
}

// frameOf is the frame of a video that a picture says it is.
func (c *cocoReader) frameOf(f jsonFields) (cocoFrame, error) {
	id, err := f.id("video_id")
	key := "frame_id"
	if f[key] == nil {
		key = "frame_index"
	}
	if err == nil && f[key] == nil {
		err = errors.New("a picture with a video_id needs a frame_id or frame_index, from 0")
	}
	if err != nil {
		return cocoFrame{}, err
	}
	number, err := f.whole(key)
	name, known := c.videos[id]
	if err == nil && !known {
		err = fmt.Errorf("there is no video %s in videos: add it, or correct the video_id", id)
	}
	return cocoFrame{name, number, true}, err
}

// list checks the pictures before one of them is given.
func (c *cocoReader) list(f jsonFields) error {
	m, at, err := c.pictureOf(f)
	if err != nil {
		return err
	}
	if _, twice := c.pictures[m.ID]; twice {
		return fmt.Errorf("a picture before it has the id %s too: give each its own", m.ID)
	}
	c.pictures[m.ID] = at
	return c.claim(m.Name)
}

// claim notes the name of a picture or video.
func (c *cocoReader) claim(name string) error {
	if c.claimed[name] {
		return fmt.Errorf("one before it is called %s too: give each picture and video its own name, with its folder", name)
	}
	c.claimed[name] = true
	return nil
}

func (c *cocoReader) picture(f jsonFields) error {
	m, at, err := c.pictureOf(f)
	if err != nil {
		return err
	}
	if c.first {
		for key, value := range c.file {
			if m.Extra == nil {
				m.Extra = annotate.Extra{}
			}
			m.Extra[key] = value
		}
		c.first = false
	}
	if err := c.emit(m); err != nil {
		return err
	}
	look := annotate.Look{Media: at.media, Frame: at.frame}
	if at.video {
		look.Time = annotate.None
	}
	return c.emit(look)
}

func (c *cocoReader) annotation(f jsonFields) error {
	image, err := f.id("image_id")
	if err != nil {
		return err
	}
	at, known := c.pictures[image]
	switch {
	case image == "" && f["video_id"] != nil:
		return errors.New("it belongs to a whole video (YouTube-VIS), not to a picture: such files are not read; export one annotation a frame, with image_id")
	case image == "":
		return errors.New("it has no image_id: say which picture it belongs to")
	case !known:
		return fmt.Errorf("there is no picture %s in images: add it, or correct the image_id", image)
	}
	id, err := f.id("id")
	if err != nil {
		return err
	}
	switch {
	case id == "":
		return errors.New("it has no id: give each annotation its own number")
	case c.seen[id]:
		return fmt.Errorf("an annotation before it has the id %s too: give each its own", id)
	}
	c.seen[id] = true
	m := annotate.Mark{Media: at.media, Frame: at.frame, ID: id}
	if at.video {
		m.Time = annotate.None
		if m.Track, err = c.trackOf(f); err != nil {
			return err
		}
	}
	if err := c.fill(&m, f); err != nil {
		return err
	}
	if key := [2]string{m.Media, m.Track}; m.Track != "" && !c.tracks[key] {
		c.tracks[key] = true
		if err := c.emit(annotate.Track{Media: m.Media, ID: m.Track, Names: []annotate.Name{{Label: m.Names[0].Label}}}); err != nil {
			return err
		}
	}
	return c.emit(m)
}

// trackOf is the track's id under either of its names; instance_id stays a field of its own, so that it is written again.
func (c *cocoReader) trackOf(f jsonFields) (string, error) {
	if f["track_id"] != nil {
		return f.id("track_id")
	}
	raw, there := f["instance_id"]
	id, err := f.id("instance_id")
	if there {
		f["instance_id"] = raw
	}
	return id, err
}
