package exchange

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"requin/annotate"
	"requin/frame"
)

// VIAME is the CSV of detections and tracks of VIAME and DIVE: a line for every box,
//
//	id, video or picture, frame from 0, x0, y0, x1, y1, confidence, length, [species, confidence]..., [(token) value]...
//
// with lines of comment ("#"), of which "# metadata" tells the frame rate. Tokens are
// (kp) name x y, (atr) name value of the line, (trk-atr) name value of the track, (poly) and (+poly) x y ...,
// (hole) of the polygon before, and (note) text. VIAME's older layout of nine columns without
// frame and length (id, picture, box, confidence, species, confidence # comment) is read too.
//
// A line whose column 2 is a picture's file name is of that picture, whose frame
// number in its sequence is kept as "viame.frame"; its id is the mark's: where several
// pictures have the same id, DIVE takes them for one animal. Any other name in column 2
// is a video's; where it is a time, or nothing, the line is of the video that the
// metadata name ("media:", written by Requin alone) or, without that, of one called as
// the file without ".csv". Lines of a video with one id are a track.
//
//   - A track is given when its first line comes up, with the names and attributes of that line; each mark has the
//     names of its own line, best first, and what later lines add to the track's attributes as "viame.trk-atr".
//   - Between lines nothing is drawn: DIVE and VIAME write every frame in which the animal is (Mark.Still).
//   - Without species the name is "unknown", as in DIVE, with the confidence of column 8.
//   - Times in column 2 are to the microsecond.
//   - A polygon is the shape; the box is kept as "viame.box" where it is not the one around the polygon.
//     Which further rings are holes is in "viame.holes", points in "viame.kp".
//   - Lengths above 0 and notes are attributes: "length", "note". Corners in the wrong order are put right.
//
// Written is DIVE's layout. Ids have to be whole numbers: other tracks are numbered.
func VIAME() Format {
	status := statusPlace{marks: true, tracks: true}
	return Format{
		Name: "viame", Title: "VIAME / DIVE CSV",
		Sniff: sniffVIAME,
		Read: status.read(func(in Input) annotate.Records {
			return reading(in, func(r io.Reader, out give) error {
				return (&viameReader{in: in, out: out, video: withoutExt(in.Name)}).run(r)
			})
		}),
		Write: status.write(writeVIAME),
	}
}

// viameUnknown is the name of what was not named, as DIVE writes it.
const viameUnknown = "unknown"

func sniffVIAME(name string, head []byte) float64 {
	first := ""
	for line := range strings.Lines(string(head)) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "# 1: Detection or Track-id"), strings.HasPrefix(line, "# metadata"):
			return 0.98
		case line != "" && !strings.HasPrefix(line, "#"):
			first = line
		}
		if first != "" {
			break
		}
	}
	cells := strings.Split(first, ",")
	if len(cells) < 9 {
		return 0
	}
	numbers := []int{0, 3, 4, 5, 6, 7}
	if _, err := parseNumber(strings.TrimSpace(cells[7])); err != nil {
		numbers = []int{0, 2, 3, 4, 5, 6} // the layout without frame and length
	}
	for _, i := range numbers {
		if _, err := strconv.ParseFloat(strings.TrimSpace(cells[i]), 64); err != nil {
			return 0
		}
	}
	if _, err := strconv.ParseFloat(strings.TrimSpace(cells[1]), 64); err == nil {
		return 0.05 // ten numbers and no name: rather MOTChallenge
	}
	return 0.8
}

type viameReader struct {
	in     Input
	out    give
	line   int
	cells  []string
	rate   frame.Rational // of the latest metadata
	video  string         // of lines that name none
	named  bool           // by the metadata
	info   annotate.Extra // of the metadata, until a medium takes it
	media  map[string]string
	tracks map[[2]string]annotate.Track
}

// errorf is an error at a column, from 1; 0 is the line.
func (v *viameReader) errorf(column int, format string, args ...any) error {
	at := fmt.Sprintf("VIAME CSV %s, line %d", v.in.Name, v.line)
	if column > 0 {
		at += fmt.Sprintf(", column %d is %.60q", column, v.cell(column))
	}
	return fmt.Errorf("%s: "+format, append([]any{at}, args...)...)
}

// cell is a column, from 1, without spaces around it; "" beyond the last.
func (v *viameReader) cell(column int) string {
	if column > len(v.cells) {
		return ""
	}
	return strings.TrimSpace(v.cells[column-1])
}

func (v *viameReader) run(file io.Reader) error {
	v.media, v.tracks = map[string]string{}, map[[2]string]annotate.Track{}
	limit := &budget{utf8Text(file), 2 * longestLine}
	rows := csv.NewReader(limit)
	rows.LazyQuotes, rows.FieldsPerRecord, rows.ReuseRecord = true, -1, true
	for {
		cells, err := rows.Read()
		limit.left = 2 * longestLine
		var syntax *csv.ParseError
		switch {
		case err == io.EOF:
			return nil
		case errors.Is(err, errTooLarge):
			return fmt.Errorf("VIAME CSV %s, after line %d: a line of more than %d bytes, or a quote that is never closed", v.in.Name, v.line, 2*longestLine)
		case errors.As(err, &syntax):
			v.line = syntax.StartLine
			return v.errorf(0, "%w", syntax.Err)
		case err != nil:
			return fmt.Errorf("VIAME CSV %s, after line %d: %w", v.in.Name, v.line, err)
		}
		v.cells = cells
		v.line, _ = rows.FieldPos(0)
		switch {
		case strings.HasPrefix(v.cell(1), "#"):
			if err := v.comment(); err != nil {
				return err
			}
		case strings.TrimSpace(strings.Join(cells, "")) != "":
			if err := v.row(); err != nil {
				return err
			}
		}
	}
}

// comment reads what is known of "# metadata".
func (v *viameReader) comment() error {
	if strings.TrimSpace(strings.TrimPrefix(v.cell(1), "#")) != "metadata" {
		return nil
	}
	for i := range v.cells {
		key, value, _ := strings.Cut(v.cell(i+1), ":")
		value = strings.TrimSpace(value)
		switch key {
		case "fps":
			fps, err := parseNumber(value)
			if err != nil || fps < 0 {
				return v.errorf(i+1, "fps should be a number of frames a second, as fps: 5")
			}
			v.rate = rateOf(fps)
			if rated(v.rate) {
				v.inform("viame.fps", value)
			}
		case "media":
			if !v.named && value != "" {
				v.video, v.named = value, true
			}
		case "dataset_info":
			if value != "" {
				v.inform("viame.dataset_info", value)
			}
		}
	}
	return nil
}

func (v *viameReader) inform(key, value string) {
	if v.info == nil {
		v.info = annotate.Extra{}
	}
	v.info[key] = value
}

// row reads a line of a box.
func (v *viameReader) row() error {
	short := false // the layout without frame and length
	if len(v.cells) == 9 {
		_, err := parseNumber(v.cell(8))
		short = err != nil && v.cell(8) != ""
	}
	if len(v.cells) < 9 {
		return v.errorf(0, "%d columns: it should have at least 9, id, video or picture, frame, x0, y0, x1, y1, confidence, length, with commas between", len(v.cells))
	}
	id, err := strconv.ParseInt(v.cell(1), 10, 64)
	if err != nil {
		return v.errorf(1, "the id of a detection or track should be a whole number")
	}
	m := annotate.Mark{ID: strconv.FormatInt(id, 10)}
	number, box := 0, 4
	if short {
		box = 3
	} else if number, err = strconv.Atoi(v.cell(3)); err != nil || number < 0 || number > math.MaxInt32 {
		return v.errorf(3, "the frame should be a whole number from 0")
	}
	var x [4]float64
	for i := range x {
		if x[i], err = parseNumber(v.cell(box + i)); err != nil {
			return v.errorf(box+i, "corners of a box should be numbers")
		}
	}
	confidence, err := parseNumber(v.cell(box + 4))
	if err != nil {
		return v.errorf(box+4, "the confidence should be a number")
	}
	m.Shape = annotate.BoxShape(cornersBox(x[0], x[1], x[2], x[3]))
	first := 10
	if short {
		first = 8
		name, comment, _ := strings.Cut(v.cells[8], "#")
		v.cells[8] = name
		if comment = strings.TrimSpace(comment); comment != "" {
			m.Attributes = append(m.Attributes, annotate.Attribute{Name: "note", Value: comment})
		}
	} else if length := v.cell(9); length != "" {
		mm, err := parseNumber(length)
		if err != nil {
			return v.errorf(9, "the length should be a number, 0 or -1 where there is none")
		}
		if mm > 0 {
			m.Attributes = append(m.Attributes, annotate.Attribute{Name: "length", Value: numText(mm), Type: annotate.Number})
		}
	}
	of, err := v.rest(&m, first)
	if err != nil {
		return err
	}
	if len(m.Names) == 0 {
		m.Names = []annotate.Name{{Label: viameUnknown, Score: confidence, Scored: true}}
	}
	if m.Names[0].Score != confidence {
		setExtra(&m.Extra, "viame.confidence", numText(confidence))
	}
	return v.place(m, number, short, of)
}

// place tells which picture or video a mark is of, and passes it on after what it refers to.
func (v *viameReader) place(m annotate.Mark, number int, short bool, of []annotate.Attribute) error {
	m.Media = strings.ReplaceAll(v.cell(2), `\`, "/")
	if isPicture(m.Media) {
		return v.picture(m, number, short, of)
	}
	m.Frame, m.Time, m.Track, m.ID, m.Still = number, annotate.None, m.ID, "", true
	if short {
		return v.errorf(2, "without a column for the frame it should be a picture's file name")
	}
	if t, ok := splitClock(m.Media); ok {
		m.Media, m.Time = v.video, t.Round(time.Microsecond) // KWIVER counts in these
	} else if m.Media == "" {
		m.Media = v.video
	}
	if _, known := v.media[m.Media]; !known {
		v.media[m.Media] = ""
		video := annotate.Media{Name: m.Media, Video: true, Rate: v.rate, Extra: v.info}
		v.info = nil
		delete(video.Extra, "viame.fps")
		if len(video.Extra) == 0 {
			video.Extra = nil
		}
		if !rated(video.Rate) {
			video.Rate = v.in.Rate
		}
		if err := v.out(video); err != nil {
			return err
		}
	}
	key := [2]string{m.Media, m.Track}
	track, known := v.tracks[key]
	if !known {
		track = annotate.Track{Media: m.Media, ID: m.Track, Names: slices.Clone(m.Names), Attributes: of}
		v.tracks[key] = track
		if err := v.out(track); err != nil {
			return err
		}
	}
	of = slices.DeleteFunc(slices.Clone(of), func(a annotate.Attribute) bool { return slices.Contains(track.Attributes, a) })
	setTrackAttributes(&m, of)
	return v.out(m)
}

// picture passes on a mark in a picture.
func (v *viameReader) picture(m annotate.Mark, number int, short bool, of []annotate.Attribute) error {
	have, known := v.media[m.Media]
	text := strconv.Itoa(number)
	if short { // in the order in which they come up, as VIAME numbers a list of pictures
		if text = have; !known {
			text = strconv.Itoa(len(v.media))
		}
	}
	if !known {
		v.media[m.Media] = text
		picture := annotate.Media{Name: m.Media, Extra: v.info}
		v.info = nil
		setExtra(&picture.Extra, "viame.frame", text)
		if err := v.out(picture); err != nil {
			return err
		}
	} else if have != text {
		setExtra(&m.Extra, "viame.frame", text)
	}
	setTrackAttributes(&m, of)
	return v.out(m)
}

// setTrackAttributes keeps a track's attributes on a mark, where its track was given already.
func setTrackAttributes(m *annotate.Mark, of []annotate.Attribute) {
	if len(of) == 0 {
		return
	}
	var lines []string
	for _, a := range of {
		lines = append(lines, a.Name+" "+a.Value)
	}
	setExtra(&m.Extra, "viame.trk-atr", listText(lines))
}

// setExtra sets one field, in a map of its own where there was none.
func setExtra(extra *annotate.Extra, key, value string) {
	if *extra == nil {
		*extra = annotate.Extra{}
	}
	(*extra)[key] = value
}
