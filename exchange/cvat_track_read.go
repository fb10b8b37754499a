package exchange

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"requin/annotate"
)

// track reads a track; parent is the id of the skeleton's track that it is inside of.
func (c *cvatReader) track(s xmlStart, parent string, depth int) error {
	e := c.start(s)
	media := c.videos[0].Name
	if task := e.value("task_id"); task != "" && len(c.videos) > 1 {
		at := slices.IndexFunc(c.videos, func(m annotate.Media) bool { return m.ID == task })
		if at < 0 {
			return c.wrong(e.line, fmt.Errorf("there is no task %s in the project", task))
		}
		media = c.videos[at].Name
	}
	id, label := e.value("id"), e.value("label")
	t := annotate.Track{Media: media, ID: id, Extra: annotate.Extra{}}
	if parent != "" {
		t.ID, t.Extra["cvat.track/in"] = parent+"/"+id, parent
	}
	switch {
	case id == "" || parent == "" && strings.Contains(id, "/"):
		return c.wrong(e.line, errors.New("a track needs an id, a number"))
	case c.seen[media+"\x00"+t.ID]:
		return c.wrong(e.line, fmt.Errorf("two tracks have the id %s: give each its own", t.ID))
	case depth > 3:
		return c.wrong(e.line, errors.New("tracks lie in tracks that lie in tracks: CVAT knows no such thing"))
	}
	c.seen[media+"\x00"+t.ID] = true
	if label != "" {
		t.Names = []annotate.Name{{Label: label}}
	}
	for _, a := range e.attr {
		if name := a.Name.Local; name != "id" && name != "label" && name != "task_id" && !cvatDefault(name, a.Value) {
			t.Extra["cvat."+name] = a.Value
		}
	}
	t.Extra = some(t.Extra)
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
	err := c.children(func(s xmlStart) error {
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
		mark.Media, mark.Track = media, t.ID
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
