package exchange

import (
	"bufio"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// mostLabels is the largest class for which a line of labels.txt is written.
const mostLabels = 10_000

// motWriter writes the folder of one video.
type motWriter struct {
	out    Folder
	dir    string
	video  annotate.Media
	file   io.WriteCloser
	w      *bufio.Writer
	scene  *scene
	ids    *numbering
	class  *classes
	status string // that all marks of the video have
	losses *Losses
}

// motKeeps is what MOTChallenge has a place for.
func motKeeps() keeps {
	return keeps{own: []string{"mot"}, names: 1, scores: true, difficult: true, visibility: true, size: true, rate: true, frames: true, labels: true, labelID: true}
}

func writeMOT(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	l, s, k, class := &Losses{}, newScene(), motKeeps(), &classes{}
	ids, err := numbered(sequenced(records, nil), motID)
	if err != nil {
		return l, err
	}
	one, err := oneStatus(sequenced(records, nil), func(m annotate.Mark) string { return m.Media })
	if err != nil {
		return l, err
	}
	other := func(r annotate.Record) {
		s.see(r)
		switch r := r.(type) {
		case annotate.Track:
			k.track(l, r)
			return
		case annotate.Label:
			class.list(r)
		}
		k.record(l, r)
	}
	return l, perMedium(drawn(sequenced(records, l)), other, func(m annotate.Media) (sink, error) {
		dir := safeName(m.Name)
		file, err := out.Create(path.Join(dir, "gt/gt.txt"))
		if err != nil {
			return nil, err
		}
		return &motWriter{out, dir, m, file, bufio.NewWriter(file), s, ids, class, one[m.Name], l}, nil
	})
}

// motID is viameID without numbers below 0, which say that there is no track.
func motID(m annotate.Mark) ([2]string, string) {
	group, id := viameID(m)
	if strings.HasPrefix(id, "-") {
		id = ""
	}
	return group, id
}

func (w *motWriter) mark(m annotate.Mark) error {
	names := w.scene.names(m)
	motKeeps().mark(w.losses, m, names, w.video)
	if status := m.Extra[annotate.StatusKey]; status != w.status {
		w.losses.add(lostStatus(status), markPlace(m))
	}
	box, ok := m.Shape.Bounds()
	if !ok {
		return nil // noted as a loss above
	}
	number, ok := w.scene.frame(m)
	if !ok {
		w.losses.add("a mark of which no frame number is known", markPlace(m))
		return nil
	}
	if !(box.Area() > 0) {
		w.losses.add("a mark without extent (a point)", markPlace(m))
		return nil
	}
	id, class, conf, visibility := "-1", -1, "1", "-1"
	if m.Track != "" {
		var kept bool
		if id, kept = w.ids.of(m); !kept {
			w.losses.add("the id of a track (MOTChallenge numbers them)", markPlace(m))
		}
	}
	if len(names) > 0 {
		class = w.class.of(names[0].Label)
		conf = w.confidence(m, names[0])
	} else if m.Track == "" {
		w.losses.add("that a mark without a name has no score (1 is written)", markPlace(m))
	}
	if m.Difficult {
		conf = "0"
		if m.Track == "" {
			w.losses.add("that a mark without a track is difficult", markPlace(m))
		}
	}
	if m.Visibility > 0 {
		visibility = numText(m.Visibility)
	} else if m.Extra["mot.visibility"] != "" {
		visibility = "0"
	}
	row := []string{strconv.Itoa(number + 1), id, numText(box.X0), numText(box.Y0), numText(extent(box.X0, box.X1)), numText(extent(box.Y0, box.Y1)), conf, strconv.Itoa(class), visibility}
	if world, err := numbersOf(m.Extra["mot.world"]); err == nil && len(world) == 3 && class < 0 {
		row = append(row[:7], numText(world[0]), numText(world[1]), numText(world[2]))
	}
	_, err := w.w.WriteString(strings.Join(row, ",") + "\n")
	return err
}

// confidence is column 7, which in the lines of a track means something else where it is 0, 1 or -1.
func (w *motWriter) confidence(m annotate.Mark, n annotate.Name) string {
	switch {
	case !n.Scored && m.Track == "":
		w.losses.add("that a mark without a track has no score (1 is written)", markPlace(m))
	case n.Scored && m.Track == "":
		return numText(n.Score)
	case n.Scored && (n.Score == 0 || n.Score == -1 || n.Score == 1):
		w.losses.add("a score of a track's mark that is exactly 0, 1 or -1 (1 is written)", markPlace(m))
	case n.Scored:
		return numText(n.Score)
	}
	return "1"
}

// close writes what is known of the video, after its marks.
func (w *motWriter) close() error {
	if err := errors.Join(w.w.Flush(), w.file.Close()); err != nil {
		return err
	}
	if lines := w.class.lines(); len(lines) > 0 {
		err := intoFile(w.out, path.Join(w.dir, "gt/labels.txt"), func(f *bufio.Writer) error {
			_, err := f.WriteString(strings.Join(lines, "\n") + "\n")
			return err
		})
		if err != nil {
			return err
		}
	}
	dir, ext := w.video.Extra["mot.imDir"], w.video.Extra["mot.imExt"]
	if dir == "" {
		dir = "img1"
	}
	if ext == "" {
		ext = ".jpg"
	}
	info := []string{"[Sequence]", "name=" + w.video.Name, "imDir=" + dir}
	if rated(w.video.Rate) {
		info = append(info, "frameRate="+rateText(w.video.Rate))
	}
	for _, n := range []struct {
		key   string
		value int
	}{{"seqLength", w.video.Frames}, {"imWidth", w.video.W}, {"imHeight", w.video.H}} {
		if n.value > 0 {
			info = append(info, n.key+"="+strconv.Itoa(n.value))
		}
	}
	if w.status != "" {
		info = append(info, statusName+"="+w.status)
	}
	return intoFile(w.out, path.Join(w.dir, "seqinfo.ini"), func(f *bufio.Writer) error {
		_, err := f.WriteString(strings.Join(append(info, "imExt="+ext), "\n") + "\n")
		return err
	})
}

// classes numbers labels from 1: by their own numbers where they have such, otherwise in the order in which they come up.
type classes struct {
	numbers map[string]int
	names   map[int]string
	next    int
}

// list takes up a label with its number.
func (c *classes) list(l annotate.Label) {
	n, err := strconv.Atoi(l.ID)
	if err == nil && (n >= 1 && n <= mostLabels || l.ID == l.Name && n >= 0 && n < 1<<31) && c.names[n] == "" {
		c.take(l.Name, n)
		return
	}
	c.of(l.Name)
}

func (c *classes) take(name string, n int) {
	if c.numbers == nil {
		c.numbers, c.names = map[string]int{}, map[int]string{}
	}
	if _, known := c.numbers[name]; !known {
		c.numbers[name] = n
	}
	c.names[n] = name
}

// of is a label's class, -1 for what has no name.
func (c *classes) of(label string) int {
	if n, known := c.numbers[label]; known {
		return n
	}
	if label == "" || label == viameUnknown {
		return -1
	}
	for c.next++; c.names[c.next] != ""; c.next++ {
	}
	c.take(label, c.next)
	return c.next
}

// lines are those of labels.txt, which leave out classes that are called by their number.
func (c *classes) lines() []string {
	var numbers []int
	for n, name := range c.names {
		if strconv.Itoa(n) != name && n >= 1 {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) == 0 {
		return nil
	}
	lines := make([]string, slices.Max(numbers))
	for _, n := range numbers {
		lines[n-1] = strings.Join(strings.Fields(c.names[n]), " ")
	}
	return lines
}
