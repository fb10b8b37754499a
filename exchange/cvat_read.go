package exchange

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strconv"

	"requin/annotate"
)

// cvatReader reads a file from its start to its end, once.
type cvatReader struct {
	*markupReader
	in      Input
	video   bool
	emit    func(annotate.Record) error
	file    annotate.Extra // of the file as a whole, until the first picture or video took it
	version string
	kinds   map[[2]string]cvatAttribute // attributes by label and name
	videos  []annotate.Media            // one a task
	given   bool                        // the videos were given
	labels  map[string]bool             // that were given
	seen    map[string]bool             // names of pictures, "video\x00id" of tracks
}

type cvatAttribute struct {
	kind  annotate.Type
	fixed bool // of a track, not of a shape
}

func readCVAT(video bool) func(Input) annotate.Records {
	return func(in Input) annotate.Records {
		return streamOf(func(emit func(annotate.Record) error) error {
			file, err := in.open()
			if err != nil {
				return err
			}
			defer file.Close() // only read from
			c := &cvatReader{markupReader: newMarkupReader(in.Name, file), in: in, video: video, emit: emit, version: "1.1",
				file: annotate.Extra{}, kinds: map[[2]string]cvatAttribute{}, labels: map[string]bool{}, seen: map[string]bool{}}
			return c.read()
		})
	}
}

func (c *cvatReader) read() error {
	root := false
	for {
		token, err := c.next()
		if err == io.EOF {
			if !root {
				return fmt.Errorf("%s: there is nothing in the file: export it again", c.name)
			}
			return nil
		}
		if err != nil {
			return err
		}
		s, ok := token.(xmlStart)
		if !ok {
			continue
		}
		if root || s.Name.Local != "annotations" {
			return c.wrong(c.line(), fmt.Errorf("<%s> is not <annotations>: this is no CVAT XML file", s.Name.Local))
		}
		root = true
		if err := c.inside(); err != nil {
			return err
		}
	}
}

// children calls visit for every element inside the one that has begun, up to its end.
func (c *cvatReader) children(visit func(xmlStart) error) error {
	for {
		token, err := c.next()
		if err == io.EOF {
			return fmt.Errorf("%s ends in the middle: copy or export it again", c.name)
		}
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xmlStart:
			if err := visit(t); err != nil {
				return err
			}
		case xmlEnd:
			return nil
		}
	}
}

// inside reads what is in <annotations>.
func (c *cvatReader) inside() error {
	err := c.children(func(s xmlStart) error {
		switch s.Name.Local {
		case "version":
			e, err := c.element(s)
			if err == nil && e.text != "" {
				c.version = e.text
			}
			return err
		case "meta":
			e, err := c.element(s)
			if err != nil {
				return err
			}
			return c.meta(e)
		case "image":
			if c.video {
				return c.wrong(c.line(), errors.New("this is a file of CVAT for images: read it as that"))
			}
			return c.image(s)
		case "track":
			if !c.video {
				return c.wrong(c.line(), errors.New("this is a file of CVAT for video: read it as that"))
			}
			if err := c.giveVideos(); err != nil {
				return err
			}
			return c.track(s, "", 1)
		}
		return c.wrong(c.line(), fmt.Errorf("<%s> is neither meta nor image nor track: this is no file of CVAT's XML format 1.1", s.Name.Local))
	})
	if err == nil && c.video {
		err = c.giveVideos()
	}
	return err
}

// meta reads the labels and keeps the rest.
func (c *cvatReader) meta(meta *markup) error {
	if c.given || len(c.videos) > 0 || len(c.kinds) > 0 {
		return c.wrong(meta.line, errors.New("<meta> should come once, before the images and tracks"))
	}
	var root *markup
	for _, name := range []string{"task", "project", "job"} {
		if root == nil {
			root = meta.child(name)
		}
	}
	known := []string{"source"}
	if root == nil {
		root = &markup{name: "task"}
	}
	known = append(known, root.name)
	if !c.video {
		known = known[1:]
	}
	meta.keepRest(c.file, "cvat.meta/", known...)
	if labels := root.child("labels"); labels != nil {
		for _, l := range labels.kids {
			if err := c.label(l); err != nil {
				return c.wrong(l.line, err)
			}
		}
	}
	own := "cvat." + root.name + "/"
	if !c.video {
		root.keepRest(c.file, own, "labels")
		return nil
	}
	tasks := []*markup{root}
	if list := root.child("tasks"); root.name == "project" && list != nil {
		root.keepRest(c.file, own, "labels", "tasks")
		c.file["cvat.root/kind"] = "project"
		tasks = list.kids
	} else if root.name != "task" {
		c.file["cvat.root/kind"] = root.name
	}
	for _, task := range tasks {
		if err := c.task(task, meta.says("source"), len(tasks) == 1); err != nil {
			return c.wrong(task.line, err)
		}
	}
	return nil
}

func (c *cvatReader) label(l *markup) error {
	out := annotate.Label{Name: l.says("name"), Parent: l.says("parent"), Extra: annotate.Extra{}}
	if out.Name == "" {
		return errors.New("a label has no name: give it one")
	}
	known := []string{"name", "parent", "attributes"}
	if list := l.child("attributes"); list != nil && len(list.kids) > 0 {
		for _, a := range list.kids {
			kind := cvatKind(a.says("input_type"))
			out.Attributes = append(out.Attributes, annotate.Attribute{Name: a.says("name"), Value: a.says("default_value"), Type: kind})
			mutable, err := yes("mutable", a.says("mutable"))
			if err != nil {
				return err
			}
			c.kinds[[2]string{out.Name, a.says("name")}] = cvatAttribute{kind, !mutable}
		}
		out.Extra["cvat.attributes"] = list.inner()
	}
	l.keepRest(out.Extra, "cvat.", known...)
	out.Extra = some(out.Extra)
	c.labels[out.Name] = true
	return c.emit(out)
}

// unlisted gives a label that <meta> does not list.
func (c *cvatReader) unlisted(name string) error {
	if name == "" || c.labels[name] {
		return nil
	}
	c.labels[name] = true
	return c.emit(annotate.Label{Name: name})
}

// task is a video.
func (c *cvatReader) task(task *markup, source string, alone bool) error {
	m := annotate.Media{Video: true, Rate: c.in.Rate, ID: task.says("id"), Extra: annotate.Extra{}}
	names := []string{task.says("source"), task.says("name"), withoutEnd(path.Base(c.in.Name))}
	if alone {
		names = slices.Insert(names, 0, source)
	}
	for _, name := range names {
		if m.Name == "" {
			m.Name = slashes(name)
		}
	}
	known := []string{"id", "labels", "source"}
	if size := task.child("original_size"); size != nil {
		known = append(known, "original_size")
		for _, side := range []struct {
			name string
			to   *int
		}{{"width", &m.W}, {"height", &m.H}} {
			n, err := strconv.ParseInt(size.says(side.name), 10, 32)
			if err != nil || n < 0 {
				return fmt.Errorf("%s is %.40q: it should be a whole number of pixels", side.name, size.says(side.name))
			}
			*side.to = int(n)
		}
	}
	if start := task.says("start_frame"); (start == "" || start == "0") && task.says("frame_filter") == "" {
		if n, err := strconv.ParseInt(task.says("size"), 10, 32); err == nil && n > 0 && strconv.FormatInt(n, 10) == task.says("size") {
			m.Frames = int(n)
			known = append(known, "size")
		}
	}
	task.keepRest(m.Extra, "cvat.task/", known...)
	if c.seen[m.Name] {
		return fmt.Errorf("two tasks have videos called %s: give them different sources or names", m.Name)
	}
	c.seen[m.Name] = true
	c.videos = append(c.videos, m)
	return nil
}

func (c *cvatReader) giveVideos() error {
	if c.given {
		return nil
	}
	c.given = true
	if len(c.videos) == 0 {
		if err := c.task(&markup{name: "task"}, "", true); err != nil {
			return err
		}
	}
	for i := range c.videos {
		if i == 0 {
			c.addFile(&c.videos[i])
		}
		c.videos[i].Extra = some(c.videos[i].Extra)
		if err := c.emit(c.videos[i]); err != nil {
			return err
		}
	}
	return nil
}

// addFile gives what describes the whole file to the first picture or video.
func (c *cvatReader) addFile(m *annotate.Media) {
	if c.file == nil {
		return
	}
	maps.Copy(m.Extra, c.file)
	m.Extra["cvat.annotations/version"] = c.version
	c.file = nil
}

func (c *cvatReader) image(s xmlStart) error {
	e := c.start(s)
	m := annotate.Media{Name: slashes(e.value("name")), ID: e.value("id"), Split: e.value("subset"), Extra: annotate.Extra{}}
	var wErr, hErr error
	m.W, wErr = e.whole("width")
	m.H, hErr = e.whole("height")
	err := errors.Join(wErr, hErr)
	switch {
	case m.Name == "" || m.ID == "":
		err = errors.New("an image needs an id and a name")
	case c.seen[m.Name]:
		err = fmt.Errorf("two images are called %s: rename one of them", m.Name)
	}
	if err != nil {
		return c.wrong(e.line, err)
	}
	c.seen[m.Name] = true
	for _, a := range e.attr {
		if !slices.Contains([]string{"name", "id", "subset", "width", "height"}, a.Name.Local) {
			m.Extra["cvat."+a.Name.Local] = a.Value
		}
	}
	c.addFile(&m)
	m.Extra = some(m.Extra)
	if err := c.emit(m); err != nil {
		return err
	}
	if err := c.emit(annotate.Look{Media: m.Name}); err != nil {
		return err
	}
	return c.children(func(s xmlStart) error {
		e, err := c.element(s)
		if err != nil {
			return err
		}
		mark, err := c.mark(e, e.value("label"))
		if err != nil {
			return c.wrong(e.line, err)
		}
		mark.Media = m.Name
		if err := c.unlisted(e.value("label")); err != nil {
			return err
		}
		if label := e.value("label"); label != "" {
			mark.Names = []annotate.Name{{Label: label}}
		}
		return c.emit(mark)
	})
}

// mark reads what shapes in images and in tracks have in common.
func (c *cvatReader) mark(e *markup, label string) (annotate.Mark, error) {
	m := annotate.Mark{}
	extra := annotate.Extra{}
	shape, known, err := cvatShape(e, extra)
	if err != nil {
		return m, err
	}
	m.Shape = shape
	if m.Occluded, err = yes("occluded", e.value("occluded")); err != nil {
		return m, err
	}
	known = append(known, "label", "occluded")
	if c.video {
		known = append(known, "frame", "outside", "keyframe")
	}
	for _, a := range e.attr {
		if name := a.Name.Local; !slices.Contains(known, name) && !cvatDefault(name, a.Value) {
			extra["cvat."+name] = a.Value
		}
	}
	for _, k := range e.kids {
		switch {
		case k.name == "attribute" && k.value("name") != "":
			name := k.value("name")
			m.Attributes = append(m.Attributes, annotate.Attribute{Name: name, Value: k.text, Type: c.kinds[[2]string{label, name}].kind})
		case e.name != "skeleton":
			return m, fmt.Errorf("<%s> in a <%s>: there should be attributes with names only", k.name, e.name)
		}
	}
	m.Extra = some(extra)
	return m, nil
}
