package exchange

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"requin/annotate"
)

// EventMeasure is the set of text files that SeaGIS EventMeasure exports from the .EMObs files of
// a campaign: PREFIX_Points.txt and its kin, separated by tabs, and the
// campaign's PREFIX_Metadata.csv where one lies beside.
//
//	_Points    Sighting     _Lengths   Length      _3DPoints    Length without a length
//	_MovieSeq  Chapter      _Period    Period      _ImagePtPair Extra of a Length: Lx Ly Rx Ry
//	_Info, _Source, _Camera Extra of a Deployment  _Metadata    Deployment, see ReadMetadata
//
// Input.Name is one of the files, what the names of a set begin with, or a folder with one set.
// Times are in minutes in the files, accumulated over the chapters; Frame restarts with each
// file; a PeriodTime of −1 is outside of any period. A point with a RectWidth and a
// RectHeight is a box whose top left corner is ImageCol, ImageRow; the format's makers do not
// say which corner it is, and no real file seen so far has one.
//
// A point that came out of a count of Requin's says in its Comment how far it may be trusted, "track 12 [machine: nobody
// looked]", and the metadata in a column points_status what the counts of the deployment rest on. observer_count stays what people stated.
//
// What the records cannot hold is in their Extra as eventmeasure.COLUMN, as it was written, so that
// what is read is written again with the same cells: numbers may gain or lose
// zeros at their end. A blank Number is 0. A Number that is none is an error in
// Points, as MaxN rests on it; in Lengths and 3DPoints it is 0, and in Extra.
// Points of before RectWidth and RectHeight are written with them, as 0.
func EventMeasure() Format {
	return Format{
		Name: "eventmeasure", Title: "EventMeasure text exports", Many: true,
		Sniff: sniffEventMeasure, Read: readEventMeasure, Write: statusPlace{}.write(writeEventMeasure),
	}
}

const emPrefix = "eventmeasure."

// emKind is one of the files of a set.
type emKind string

const (
	emPoints  emKind = "Points"
	emPeriods emKind = "Period"
	emMovies  emKind = "MovieSeq"
	emLengths emKind = "Lengths"
	em3D      emKind = "3DPoints"
	emPairs   emKind = "ImagePtPair"
	emInfo    emKind = "Info"
	emSource  emKind = "Source"
	emCamera  emKind = "Camera"
	emMeta    emKind = "Metadata"
)

// emColumns gives the columns that a file of a kind has, in EventMeasure's order.
func emColumns(kind emKind) []string {
	const (
		taxon = " Family Genus Species Code Number Stage Activity Comment Attribute9 Attribute10"
		pair  = "OpCode ImagePtPair FilenameLeft FrameLeft FilenameRight FrameRight Time Period PeriodTime "
	)
	var columns string
	switch kind {
	case emPoints:
		columns = "OpCode PointIndex Filename Frame Time Period PeriodTime ImageCol ImageRow RectWidth RectHeight" + taxon
	case emPeriods:
		columns = "OpCode PeriodIndex Period FilenameStart FrameStart TimeStart FilenameEnd FrameEnd TimeEnd HasEnd"
	case emMovies:
		columns = "OpCode Camera MovieSeqIndex StartTimeOffset Format Filename Frames Rate"
	case emLengths:
		columns = pair + "Length Precision RMS Range Direction HorzDir VertDir MidX MidY MidZ" + taxon
	case em3D:
		columns = pair + "X Y Z sX sY sZ RMS Range Direction" + taxon
	case emPairs:
		columns = "OpCode ImagePtPair Index Lx Ly Rx Ry"
	case emInfo:
		columns = "OpCode TapeReader Depth Comment Info5Name Info5Value Info6Name Info6Value Info7Name Info7Value Info8Name Info8Value " +
			"Info9Name Info9Value Info10Name Info10Value Info11Name Info11Value Info12Name Info12Value"
	case emSource:
		columns = "OpCode ExportVersion DateTimeCreate PictureDirectory EMObs"
	case emCamera:
		columns = "OpCode CameraIndex Descriptor CameraModel ImageRows ImageCols XPixelSize YPixelSize XPPOffset YPPOffset FocalLength " +
			"RadialK3 RadialK5 RadialK7 DecentringP1 DecentringP2 Orthogonality Affinity CameraX CameraY CameraZ Omega Phi Kappa UnitName"
	}
	return strings.Fields(columns)
}

// emKindOf tells from the header what file of a set it is, "" for none.
func emKindOf(header string) emKind {
	has := map[string]bool{}
	for _, name := range strings.FieldsFunc(header, func(r rune) bool { return strings.ContainsRune(",;\t\r\n", r) }) {
		has[fold(strings.Trim(name, "\ufeff\" "))] = true
	}
	switch {
	case !has["opcode"]:
		return ""
	case has["pointindex"] || has["imagecol"] && has["imagerow"]:
		return emPoints
	case has["imageptpair"] && has["lx"]:
		return emPairs
	case has["imageptpair"] && has["length"]:
		return emLengths
	case has["imageptpair"] && has["x"]:
		return em3D
	case has["timestart"]:
		return emPeriods
	case has["movieseqindex"] || has["camera"] && has["frames"]:
		return emMovies
	case has["tapereader"]:
		return emInfo
	case has["emobs"]:
		return emSource
	case has["cameraindex"]:
		return emCamera
	}
	return ""
}

func sniffEventMeasure(name string, head []byte) float64 {
	first, _, _ := strings.Cut(string(head), "\n")
	kind := emKindOf(first)
	switch {
	case kind == "":
		return 0
	case strings.HasSuffix(strings.ToLower(name), strings.ToLower("_"+string(kind)+".txt")):
		return 0.98
	}
	return 0.85
}

// emSet is the files of one campaign.
type emSet struct {
	in    Input
	name  string            // what their names begin with, without the folder: the campaign
	files map[emKind]string // paths in the folder
}

// emSetOf finds the set that an Input names; where it names one file, a set of that alone.
func emSetOf(in Input) (*emSet, error) {
	if info, err := fs.Stat(in.FS, in.Name); err == nil && !info.IsDir() {
		return emSingle(in)
	}
	dir, begin := folderOf(in)
	entries, err := fs.ReadDir(in.FS, dir)
	if err != nil {
		return nil, err
	}
	sets := map[string]*emSet{}
	for _, e := range entries {
		for _, kind := range []emKind{emPoints, emPeriods, emMovies, emLengths, em3D, emPairs, emInfo, emSource} {
			end := "_" + string(kind) + ".txt"
			name, lower := e.Name(), strings.ToLower(e.Name())
			if !strings.HasSuffix(lower, strings.ToLower(end)) || strings.HasPrefix(name, ".") || len(lower) != len(name) {
				continue
			}
			campaign := name[:len(name)-len(end)]
			if begin != "" && campaign != strings.TrimSuffix(begin, "_") {
				continue
			}
			if sets[campaign] == nil {
				sets[campaign] = &emSet{in: in, name: campaign, files: map[emKind]string{}}
			}
			sets[campaign].files[kind] = path.Join(dir, name)
		}
	}
	names := make([]string, 0, len(sets))
	for name, set := range sets {
		names = append(names, name)
		set.beside(dir, entries)
	}
	slices.Sort(names)
	switch len(names) {
	case 0:
		return nil, fmt.Errorf("%s: there is no file that ends in _Points.txt, _Lengths.txt, _Period.txt or another ending of EventMeasure's exports", in.Name)
	case 1:
		return sets[names[0]], nil
	}
	return nil, fmt.Errorf("%s: there are %d sets of exports; name one of them: %.600s", in.Name, len(names), strings.Join(names, ", "))
}

// beside adds the camera calibrations and the metadata to a set.
func (s *emSet) beside(dir string, entries []fs.DirEntry) {
	for _, e := range entries {
		switch {
		case strings.EqualFold(e.Name(), s.name+"_Camera.txt"):
			s.files[emCamera] = path.Join(dir, e.Name())
		case strings.EqualFold(e.Name(), s.name+"_Metadata.csv"):
			s.files[emMeta] = path.Join(dir, e.Name())
		}
	}
}

// emSingle finds out what one file is.
func emSingle(in Input) (*emSet, error) {
	file, err := in.open()
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read from
	head, _, err := peek(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.Name, err)
	}
	kind := emKindOf(head)
	switch {
	case kind == emPairs:
		return nil, fmt.Errorf("%s holds where measured points are in the pictures: it says something only together with _Lengths.txt and _3DPoints.txt; name the set", in.Name)
	case kind != "":
		name := path.Base(in.Name)
		if end := len(name) - len("_"+string(kind)+".txt"); end > 0 && strings.EqualFold(name[end:], "_"+string(kind)+".txt") {
			name = name[:end]
		} else {
			name = ""
		}
		return &emSet{in: in, name: name, files: map[emKind]string{kind: in.Name}}, nil
	case strings.HasPrefix(head, "Dot Point Measurements"):
		return nil, fmt.Errorf("%s holds TransectMeasure's dot points: what the sea bed looks like, with no animal in it; there is nothing to count", in.Name)
	case strings.Contains(strings.ToUpper(head), "CAAB CODE"):
		return nil, fmt.Errorf("%s is a species list with CAAB codes: it holds no sightings", in.Name)
	case gaKind(head) != "":
		return nil, fmt.Errorf("%s is a %s file in GlobalArchive's way: read it as globalarchive", in.Name, gaKind(head))
	}
	return nil, fmt.Errorf("%s is no text export of EventMeasure: its first line is %.200q", in.Name, head)
}

// peek gives the first line that is not blank, and a reader of the whole file.
func peek(r io.Reader) (head string, whole io.Reader, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	raw, err := b.Peek(32 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", nil, err
	}
	text, err := io.ReadAll(utf8Text(bytes.NewReader(raw)))
	if err != nil {
		return "", nil, err
	}
	for line := range strings.Lines(string(text)) {
		if head = strings.TrimSpace(line); head != "" {
			break
		}
	}
	return head, b, nil
}

// each reads a file of the set row by row; nothing where the set has none. columns finds the
// places of the columns and gives what reads a row, which returns errEnough to stop.
func (s *emSet) each(kind emKind, columns func(c *cells) (row func() error, err error)) error {
	name, ok := s.files[kind]
	if !ok {
		return nil
	}
	in := s.in
	in.Name = name
	file, err := in.open()
	if err != nil {
		return err
	}
	defer file.Close() // only read from
	t, err := openTable(name, file, 0)
	if err != nil {
		return err
	}
	c := newCells(t, emPrefix)
	row, err := columns(c)
	if err != nil {
		return err
	}
	for c.next() {
		err := row()
		if c.err != nil {
			return c.err
		}
		if err != nil {
			return err
		}
	}
	return t.err
}

func readEventMeasure(in Input) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		set, err := emSetOf(in)
		if err == nil {
			err = set.read(func(r annotate.Record) error {
				if !yield(r, nil) {
					return errEnough
				}
				return nil
			})
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

// read gives the deployments, then what was seen in them, then what was measured.
func (s *emSet) read(yield func(annotate.Record) error) error {
	pairs, err := s.pairs()
	if err != nil {
		return err
	}
	deployments, err := s.deployments(pairs)
	if err != nil {
		return err
	}
	for _, d := range deployments {
		if err := yield(*d); err != nil {
			return err
		}
	}
	if err := s.sightings(yield); err != nil {
		return err
	}
	if err := s.lengths(emLengths, pairs, yield); err != nil {
		return err
	}
	return s.lengths(em3D, pairs, yield)
}
