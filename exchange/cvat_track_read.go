package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"requin/annotate"
)

// trackHead reads a track's attributes; parent is the id of the skeleton's track that it is inside of.
func (c *cvatReader) trackHead(e *markup, parent string) (annotate.Track, error) {
	t := annotate.Track{Media: c.videos[0].Name, Extra: annotate.Extra{}}
	if task := e.value("task_id"); task != "" && len(c.videos) > 1 {
		at := slices.IndexFunc(c.videos, func(m annotate.Media) bool { return m.ID == task })
		if at < 0 {
			return t, fmt.Errorf("there is no task %s in the project", task)
		}
		t.Media = c.videos[at].Name
	}
	id, label := e.value("id"), e.value("label")
	t.ID = id
	if parent != "" {
		t.ID, t.Extra["cvat.track/in"] = parent+"/"+id, parent
	}
	switch {
	case id == "" || parent == "" && strings.Contains(id, "/"):
		return t, errors.New("a track needs an id, a number")
	case c.seen[t.Media+"\x00"+t.ID]:
		return t, fmt.Errorf("two tracks have the id %s: give each its own", t.ID)
	}
	c.seen[t.Media+"\x00"+t.ID] = true
	if label != "" {
		t.Names = []annotate.Name{{Label: label}}
	}
	for _, a := range e.attr {
		if name := a.Name.Local; name != "id" && name != "label" && name != "task_id" && !cvatDefault(name, a.Value) {
			t.Extra["cvat."+name] = a.Value
		}
	}
	t.Extra = some(t.Extra)
	return t, nil
}

// track reads a track with its shapes and the tracks inside of it.
func (c *cvatReader) track(s xmlStart, parent string, depth int) error {
	e := c.start(s)
	t, err := c.trackHead(e, parent)
	if err == nil && depth > 3 {
		err = errors.New("tracks lie in tracks that lie in tracks: CVAT knows no such thing")
	}
	if err != nil {
		return c.wrong(e.line, err)
	}
	label := annotate.Best(t.Names)
	if err := c.unlisted(label); err != nil {
		return err
	}
	given := false
	give := func() error {
		if given {
			return nil
		}
		given = true
		return c.emit(t)
	}
	err = c.children(func(s xmlStart) error {
		if s.Name.Local == "track" {
			if err := give(); err != nil {
				return err
			}
			return c.track(s, t.ID, depth+1)
		}
		mark, err := c.shape(s, label)
		if err != nil {
			return err
		}
		mark.Media, mark.Track = t.Media, t.ID
		c.fixed(&t, &mark, label, !given)
		if err := give(); err != nil {
			return err
		}
		return c.emit(mark)
	})
	if err != nil {
		return err
	}
	return give()
}

// shape reads a shape of a track.
func (c *cvatReader) shape(s xmlStart, label string) (annotate.Mark, error) {
	e, err := c.element(s)
	if err != nil {
		return annotate.Mark{}, err
	}
	mark, err := c.mark(e, label)
	if err == nil && e.name == "tag" {
		err = errors.New("a <tag> has no place in a track")
	}
	if err == nil && e.value("frame") == "" {
		err = errors.New("the shape has no frame: say in which it is")
	}
	if err == nil {
		mark.Frame, err = e.whole("frame")
	}
	if err == nil {
		mark.Outside, err = yes("outside", e.value("outside"))
	}
	if err != nil {
		return mark, c.wrong(e.line, err)
	}
	key, there := e.get("keyframe")
	isKey, err := yes("keyframe", key)
	if err != nil {
		return mark, c.wrong(e.line, err)
	}
	mark.Between = there && !isKey
	mark.Time = annotate.None
	return mark, nil
}

// fixed moves attributes that are not mutable from the shapes to the track.
func (c *cvatReader) fixed(t *annotate.Track, m *annotate.Mark, label string, first bool) {
	var rest []annotate.Attribute
	for _, a := range m.Attributes {
		spec, known := c.kinds[[2]string{label, a.Name}]
		switch {
		case !known || !spec.fixed:
			rest = append(rest, a)
		case first:
			t.Attributes = append(t.Attributes, a)
		case !slices.Contains(t.Attributes, a):
			rest = append(rest, a)
		}
	}
	m.Attributes = rest
}
