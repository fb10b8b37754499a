package exchange

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

const kw18Header = "# 1:Track-id  2:Track-length  3:Frame-number  4:Tracking-plane-loc(x)  5:Tracking-plane-loc(y)  6:velocity(x)  7:velocity(y)  " +
	"8:Image-loc(x)  9:Image-loc(y)  10:Img-bbox(TL_x)  11:Img-bbox(TL_y)  12:Img-bbox(BR_x)  13:Img-bbox(BR_y)  14:Area  " +
	"15:World-loc(x)  16:World-loc(y)  17:World-loc(z)  18:timestamp  19:track-confidence\n"

// KW18 is the tracks format of KWIVER and VIAME: a line for every box, 18 or 19
// numbers with spaces between, the columns as in the comment at its top. It names neither
// video nor classes: the video is called as the file without its ending, what has a
// confidence is "unknown".
//
//   - The time of column 18 is in seconds. -1 is none, and so is 0 in any frame but the first: detectors write nothing else.
//     A time of more than 11 days is one by the clock; it is kept as "kw18.time".
//   - A confidence of -1 is none. KWIVER's detection writer of early 2017 left out the space after the time -1,
//     so that the last of 18 columns is -10.801197: that is read as no time and a confidence of 0.801197.
//   - Columns 4 to 9 and 14 to 17 are kept as "kw18.columns" where they say more than the box does.
//   - Between lines nothing is drawn (Mark.Still).
//
// Written is a file a video, called as the video with ".kw18".
func KW18() Format {
	status := statusPlace{}
	return Format{
		Name: "kw18", Title: "KWIVER kw18 tracks", Many: true,
		Sniff: func(name string, head []byte) float64 {
			if strings.HasPrefix(strings.TrimLeft(string(head), "# "), "1:Track-id") {
				return 0.99
			}
			line, _, _ := strings.Cut(strings.TrimSpace(string(head)), "\n")
			numbers, err := numbersOf(line)
			if err != nil || len(numbers) != 18 && len(numbers) != 19 {
				return 0
			}
			if strings.HasSuffix(strings.ToLower(name), ".kw18") {
				return 0.9
			}
			return 0.4
		},
		Read: status.read(func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error { return readKW18(in, r, out) })
		}),
		Write: status.write(writeKW18),
	}
}

func readKW18(in Input, file io.Reader, out give) error {
	lines := bufio.NewScanner(utf8Text(file))
	video := annotate.Media{Name: withoutExt(in.Name), Video: true, Rate: in.Rate}
	if err := out(video); err != nil {
		return err
	}
	tracks := map[string]bool{} // whether they are named
	status := ""
	n := 0
	for lines.Scan() {
		n++
		text := strings.TrimSpace(lines.Text())
		if said, ok := strings.CutPrefix(text, kw18Status); ok && isStatus(said) {
			status = said
		}
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		m, err := parseKW18(text)
		if err != nil {
			return fmt.Errorf("kw18 file %s, line %d: %w", in.Name, n, err)
		}
		m.Media = video.Name
		if status != "" {
			setExtra(&m.Extra, annotate.StatusKey, status)
		}
		named, known := tracks[m.Track]
		saidUnknown(&m, named)
		if !known {
			tracks[m.Track] = len(m.Names) > 0
			track := annotate.Track{Media: m.Media, ID: m.Track, Names: slices.Clone(m.Names)}
			if status != "" {
				setExtra(&track.Extra, annotate.StatusKey, status)
			}
			if err := out(track); err != nil {
				return err
			}
		}
		if err := out(m); err != nil {
			return err
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return fmt.Errorf("kw18 file %s, line %d is longer than %d bytes: this is no kw18 file", in.Name, n+1, bufio.MaxScanTokenSize)
	} else if err != nil {
		return fmt.Errorf("kw18 file %s, after line %d: %w", in.Name, n, err)
	}
	return nil
}

// parseKW18 reads one line.
func parseKW18(line string) (annotate.Mark, error) {
	cells := strings.Fields(line)
	if len(cells) != 18 && len(cells) != 19 {
		return annotate.Mark{}, fmt.Errorf("%d columns: it should have 18 or 19 numbers with spaces between", len(cells))
	}
	if last, glued := strings.CutPrefix(cells[len(cells)-1], "-1"); glued && len(cells) == 18 && last != "" {
		if c, err := parseNumber(last); err == nil && c >= 0 && c <= 1 && last[0] >= '0' && last[0] <= '9' {
			cells = append(cells[:17], "-1", last)
		}
	}
	v := make([]float64, len(cells))
	for i, cell := range cells {
		var err error
		if v[i], err = parseNumber(cell); err != nil {
			return annotate.Mark{}, fmt.Errorf("column %d is %.40q: it should be a number", i+1, cell)
		}
	}
	id, err := whole(v[0])
	if err != nil {
		return annotate.Mark{}, fmt.Errorf("column 1 is %v: the id of a track should be a whole number", cells[0])
	}
	m := annotate.Mark{Track: strconv.Itoa(id), Time: annotate.None, Still: true}
	if m.Frame, err = whole(v[2]); err != nil || m.Frame < -1 {
		return annotate.Mark{}, fmt.Errorf("column 3 is %v: the frame should be a whole number from 0, -1 where it is not known", cells[2])
	}
	m.Shape = annotate.BoxShape(cornersBox(v[9], v[10], v[11], v[12]))
	if t, ok := secondsOf(v[17]); ok && (t > 0 || m.Frame <= 0) {
		m.Time = t
	} else if !ok && v[17] != -1 {
		if v[17] < 0 {
			return annotate.Mark{}, fmt.Errorf("column 18 is %v: the time should be in seconds from 0, -1 where it is not known", cells[17])
		}
		setExtra(&m.Extra, "kw18.time", cells[17]) // by the clock, not from the start of the video
	}
	if len(v) == 19 && v[18] != -1 {
		m.Names = []annotate.Name{{Label: viameUnknown, Score: v[18], Scored: true}}
	}
	others := slices.Concat(v[3:9], v[13:17])
	if usual := kw18Columns(m); !slices.Equal(others, usual) {
		var text []string
		for _, o := range others {
			text = append(text, numText(o))
		}
		setExtra(&m.Extra, "kw18.columns", strings.Join(text, " "))
	}
	return m, nil
}

// kw18Columns are columns 4 to 9 and 14 to 17 as they follow from the box.
func kw18Columns(m annotate.Mark) []float64 {
	b, _ := m.Shape.Bounds()
	return []float64{0, 0, 0, 0, (b.X0 + b.X1) / 2, (b.Y0 + b.Y1) / 2, (b.X1 - b.X0) * (b.Y1 - b.Y0), 0, 0, 0}
}

// kw18Writer writes the file of one video.
type kw18Writer struct {
	file   io.WriteCloser
	w      *bufio.Writer
	scene  *scene
	ids    *numbering
	count  map[string]int // lines of a track, by the number it is written with
	status string         // that all marks have
	losses *Losses
}

// kw18Status begins the comment that says it.
const kw18Status = "# " + statusName + ": "

func writeKW18(out Folder, records annotate.Records, opt Options) (*Losses, error) {
	l, s, k := &Losses{}, newScene(), keeps{own: []string{"kw18"}, names: 1, scores: true, times: true}
	counts := map[string]map[string]int{}
	ids, err := numbered(sequenced(records, nil), viameID)
	if err != nil {
		return l, err
	}
	for r, err := range drawn(sequenced(records, nil)) { // a line states how long its track is
		if err != nil {
			return l, err
		}
		if m, ok := r.(annotate.Mark); ok {
			if counts[m.Media] == nil {
				counts[m.Media] = map[string]int{}
			}
			if _, ok := m.Shape.Bounds(); ok {
				counts[m.Media][m.Track]++
			}
		}
	}
	one, err := oneStatus(sequenced(records, nil), func(m annotate.Mark) string { return m.Media })
	if err != nil {
		return l, err
	}
	other := func(r annotate.Record) {
		s.see(r)
		if t, ok := r.(annotate.Track); ok {
			k.track(l, t)
		} else {
			k.record(l, r)
		}
	}
	return l, perMedium(drawn(sequenced(records, l)), other, func(m annotate.Media) (sink, error) {
		file, err := out.Create(safeName(m.Name) + ".kw18")
		if err != nil {
			return nil, err
		}
		w := &kw18Writer{file, bufio.NewWriter(file), s, ids, counts[m.Name], one[m.Name], l}
		head := kw18Header
		if w.status != "" {
			head += kw18Status + w.status + "\n"
		}
		_, err = w.w.WriteString(head)
		return w, err
	})
}

func (w *kw18Writer) close() error { return errors.Join(w.w.Flush(), w.file.Close()) }

func (w *kw18Writer) mark(m annotate.Mark) error {
	k := keeps{own: []string{"kw18"}, names: 1, scores: true, times: true}
	names := w.scene.names(m)
	k.mark(w.losses, m, names, w.scene.media[m.Media])
	if status := m.Extra[annotate.StatusKey]; status != w.status {
		w.losses.add(lostStatus(status), markPlace(m))
	}
	box, ok := m.Shape.Bounds()
	if !ok {
		return nil // noted as a loss above
	}
	number, ok := w.scene.frame(m)
	if !ok {
		number = -1
	}
	id, kept := w.ids.of(m)
	if !kept && m.Track != "" {
		w.losses.add("the id of a track (kw18 numbers them)", markPlace(m))
	}
	score := "-1"
	for _, n := range names[:min(1, len(names))] {
		if n.Label != viameUnknown {
			w.losses.add("the name of a mark", markPlace(m))
		}
		if n.Scored {
			score = numText(n.Score)
		}
	}
	at := "-1"
	if m.Time >= 0 {
		at = secondsText(m.Time)
	} else if clock := m.Extra["kw18.time"]; clock != "" {
		at = clock
	}
	columns := kw18Columns(m)
	if kept, err := numbersOf(m.Extra["kw18.columns"]); err == nil && len(kept) == len(columns) {
		columns = kept
	}
	length := 1
	if m.Track != "" {
		length = w.count[m.Track]
	}
	row := []string{id, strconv.Itoa(length), strconv.Itoa(number)}
	for _, c := range slices.Concat(columns[:6], []float64{box.X0, box.Y0, box.X1, box.Y1}, columns[6:]) {
		row = append(row, numText(c))
	}
	_, err := w.w.WriteString(strings.Join(append(row, at, score), " ") + "\n")
	return err
}
