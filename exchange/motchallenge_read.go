package exchange

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"requin/annotate"
)

// MOT is MOTChallenge's format (MOT15, MOT16, MOT17, MOT20): see ReadMOT for a file of
// boxes. Read is any such file, or the folder of a sequence, of which gt/gt.txt or else
// det/det.txt is read. seqinfo.ini in the folder above (or beside the file) tells name, rate, size and length;
// labels.txt beside the file names the classes, the first line class 1 (datumaro's and
// CVAT's way). Without it a class is called by its number.
//
//   - Frames count from 1 in the file and from 0 in marks. Between lines nothing is drawn (Mark.Still).
//   - A line with id -1 is a mark without a track, its confidence the score of its name. In the lines of a
//     track a confidence of 0 says that it is not to be judged (Difficult), 1 and -1 say nothing, any other is the score.
//   - A visibility of 0 is kept as "mot.visibility", MOT15's X, Y, Z as "mot.world".
//   - What has a score and no class is "unknown".
//
// Written is a folder for each video, called as the video, with gt/gt.txt of MOT16's
// nine columns, gt/labels.txt and seqinfo.ini. seqLength, which TrackEval wants, is
// there only where the number of frames is known.
func MOT() Format {
	status := statusPlace{}
	return Format{
		Name: "mot", Title: "MOTChallenge", Many: true,
		Sniff: sniffMOT,
		Read: status.read(func(in Input) annotate.Records {
			in.Name = motFile(in)
			return reading(in, func(r io.Reader, out give) error { return readMOT(in, r, out) })
		}),
		Write: status.write(writeMOT),
	}
}

func sniffMOT(name string, head []byte) float64 {
	if path.Base(name) == "seqinfo.ini" {
		return 0.5 // the folder is meant
	}
	text := strings.TrimSpace(string(head))
	line, _, _ := strings.Cut(text, "\n")
	if _, err := parseMOT(strings.TrimSpace(line)); err != nil {
		return 0
	}
	if base := path.Base(name); base == "gt.txt" || base == "det.txt" || strings.HasSuffix(base, ".gt.txt") {
		return 0.95
	}
	return 0.5
}

// motFile is the file of boxes in a sequence's folder.
func motFile(in Input) string {
	for _, name := range []string{"gt/gt.txt", "det/det.txt"} {
		if info, err := fs.Stat(in.FS, path.Join(in.Name, name)); err == nil && !info.IsDir() {
			return path.Join(in.Name, name)
		}
	}
	if path.Base(in.Name) == "seqinfo.ini" {
		in.Name = path.Dir(in.Name)
		return motFile(in)
	}
	return in.Name
}

// beside reads a small text file that need not be there.
func beside(in Input, name string) (string, error) {
	f, err := in.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(utf8Text(f), 1<<20))
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return string(text), nil
}

// motSequence reads seqinfo.ini; dir is the folder of the boxes.
func motSequence(in Input, dir string) (annotate.Media, error) {
	m := annotate.Media{Name: strings.TrimSuffix(withoutExt(in.Name), ".gt"), Video: true, Rate: in.Rate}
	if base := path.Base(dir); base == "gt" || base == "det" {
		if dir = path.Dir(dir); dir != "." {
			m.Name = dir
		}
	}
	name := path.Join(dir, "seqinfo.ini")
	text, err := beside(in, name)
	if err != nil {
		return m, err
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		key, value, ok := strings.Cut(line, "=")
		if value = strings.TrimSpace(value); !ok || value == "" {
			continue
		}
		var err error
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "name":
			m.Name = value
		case "framerate":
			var fps float64
			if fps, err = parseNumber(value); err == nil {
				m.Rate = rateOf(fps)
			}
		case "seqlength":
			m.Frames, err = strconv.Atoi(value)
		case "imwidth":
			m.W, err = strconv.Atoi(value)
		case "imheight":
			m.H, err = strconv.Atoi(value)
		case statusName:
			if isStatus(value) {
				setExtra(&m.Extra, annotate.StatusKey, value)
			}
		case "imdir":
			if value != "img1" {
				setExtra(&m.Extra, "mot.imDir", value)
			}
		case "imext":
			if value != ".jpg" {
				setExtra(&m.Extra, "mot.imExt", value)
			}
		}
		if err != nil || m.Frames < 0 || m.W < 0 || m.H < 0 {
			return m, fmt.Errorf("%s, line %d: %s is %.40q: it should be a number", name, n, strings.TrimSpace(key), value)
		}
	}
	return m, nil
}

func readMOT(in Input, file io.Reader, out give) error {
	dir := path.Dir(in.Name)
	video, err := motSequence(in, dir)
	if err != nil {
		return err
	}
	if err := out(video); err != nil {
		return err
	}
	labels, err := motLabels(in, path.Join(dir, "labels.txt"), out)
	if err != nil {
		return err
	}
	tracks := map[int]bool{} // whether they are named
	for b, err := range motBoxes(file) {
		if err != nil {
			return fmt.Errorf("%s: %w", in.Name, err)
		}
		m := motMark(b)
		m.Media = video.Name
		if b.Class >= 0 {
			name, known := labels[b.Class]
			if !known {
				name = strconv.Itoa(b.Class)
				labels[b.Class] = name
				if err := out(annotate.Label{Name: name, ID: name}); err != nil {
					return err
				}
			}
			m.Names[0].Label = name
		}
		named, known := tracks[b.ID]
		saidUnknown(&m, named)
		if b.ID >= 0 && !known {
			tracks[b.ID] = len(m.Names) > 0
			t := annotate.Track{Media: m.Media, ID: m.Track}
			if len(m.Names) > 0 {
				t.Names = []annotate.Name{m.Names[0]}
			}
			if err := out(t); err != nil {
				return err
			}
		}
		if err := out(m); err != nil {
			return err
		}
	}
	return nil
}

// motLabels reads labels.txt, the first line class 1.
func motLabels(in Input, name string, out give) (map[int]string, error) {
	text, err := beside(in, name)
	if err != nil {
		return nil, err
	}
	labels := map[int]string{}
	n := 0
	for line := range strings.Lines(text) {
		n++
		label := strings.TrimSpace(line)
		if label == "" {
			continue
		}
		labels[n] = label
		if err := out(annotate.Label{Name: label, ID: strconv.Itoa(n)}); err != nil {
			return nil, err
		}
	}
	return labels, nil
}

// motMark is a line as a mark, whose first name's label is left open where it has a class.
func motMark(b MOTBox) annotate.Mark {
	m := annotate.Mark{Frame: b.Frame - 1, Time: annotate.None, Shape: annotate.BoxShape(b.Box), Still: true}
	scored := b.ID < 0 || b.Conf != 0 && b.Conf != 1 && b.Conf != -1
	if b.ID >= 0 {
		m.Track = strconv.Itoa(b.ID)
		m.Difficult = b.Conf == 0
	}
	if b.Class >= 0 || scored {
		m.Names = []annotate.Name{{Label: viameUnknown, Scored: scored}}
		if scored {
			m.Names[0].Score = b.Conf
		}
	}
	switch {
	case b.Visibility > 0:
		m.Visibility = b.Visibility
	case b.Visibility == 0:
		setExtra(&m.Extra, "mot.visibility", "0")
	}
	if w := b.World; w != ([3]float64{}) && w != ([3]float64{-1, -1, -1}) {
		setExtra(&m.Extra, "mot.world", numText(w[0])+" "+numText(w[1])+" "+numText(w[2]))
	}
	return m
}
