package exchange

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"requin/annotate"
	"requin/realdata"
)

// emobsTruth is what EventMeasure exported from the files of a campaign: rows of a text
// file by OpCode, each cell by its column.
type emobsTruth map[string][]map[string]string

func emobsExport(t *testing.T, table string) emobsTruth {
	t.Helper()
	text, err := os.ReadFile(realdata.Path(t, "eventmeasure", "tasman_fracture_2021-03", "Tasman_Fracture_202103_"+table+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	truth := emobsTruth{}
	var header []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
		if header == nil {
			header = cells
			continue
		}
		row := map[string]string{}
		for i, cell := range cells {
			row[header[i]] = cell
		}
		truth[row["OpCode"]] = append(truth[row["OpCode"]], row)
	}
	return truth
}

func emobsZip(t testing.TB) *zip.Reader {
	t.Helper()
	packed, err := os.ReadFile(realdata.Path(t, "eventmeasure", "tasman_fracture_2021-03", "Tasman_Fracture_202103_EMObs.zip"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// emobsMinutes writes a time as the exports do.
func emobsMinutes(m float64) string { return strconv.FormatFloat(m, 'f', 5, 64) }

// emobsRow is a record as a row of an export; columns it does not say are left out.
func emobsRow(extra annotate.Extra, s annotate.Species, number int, rest ...string) map[string]string {
	row := map[string]string{"Family": s.Family, "Genus": s.Genus, "Species": s.Species, "Code": s.CAAB, "Number": strconv.Itoa(number), "Attribute9": "", "Attribute10": ""}
	for key, value := range extra {
		row[strings.TrimPrefix(key, "eventmeasure.")] = value
	}
	for i := 0; i < len(rest); i += 2 {
		row[rest[i]] = rest[i+1]
	}
	return row
}

// emobsCells counts the cells that were held against an export, and reports those that differ.
type emobsCells struct {
	t     *testing.T
	cells map[string]int
}

// same wants every column of an exported row, but those named, in the record's.
func (c *emobsCells) same(what string, want, got map[string]string, but ...string) {
	c.t.Helper()
	skip := " " + strings.Join(but, " ") + " "
	for column, cell := range want {
		if strings.Contains(skip, " "+column+" ") {
			continue
		}
		have, ok := got[column]
		if strings.HasPrefix(column, "Time") || column == "PeriodTime" { // a record's is to the nanosecond
			w, _ := strconv.ParseFloat(cell, 64)
			if g, err := strconv.ParseFloat(have, 64); err == nil && math.Abs(w-g) < 5.1e-6 {
				have = cell
			}
		}
		if !ok || have != cell {
			c.t.Errorf("%s: %s is %q, exported %q", what, column, have, cell)
		}
		c.cells[strings.Fields(what)[0]]++
	}
}

// near wants the measured columns within a share of a millimetre (or degree) of the
// exported, deviations within one in a hundred.
func (c *emobsCells) near(what string, want, got map[string]string, tolerance float64, columns ...string) {
	c.t.Helper()
	for _, column := range columns {
		w, err1 := strconv.ParseFloat(want[column], 64)
		g, err2 := strconv.ParseFloat(got[column], 64)
		if column == "Precision" || column[0] == 's' {
			tolerance += 0.01 * w
		}
		if err1 != nil || err2 != nil || math.Abs(w-g) > tolerance {
			c.t.Errorf("%s: %s is %q, exported %q", what, column, got[column], want[column])
		}
		c.cells[strings.Fields(what)[0]]++
	}
}

// TestEMObsReal holds all 113 files of a campaign against what EventMeasure exported from them, cell by cell.
func TestEMObsReal(t *testing.T) {
	files := emobsZip(t)
	tables := map[string]emobsTruth{}
	for _, name := range []string{"Source", "Info", "MovieSeq", "Period", "Points", "Lengths", "3DPoints", "ImagePtPair"} {
		tables[name] = emobsExport(t, name)
	}
	cells := &emobsCells{t, map[string]int{}}
	rows := map[string]int{}
	read := 0
	for _, entry := range files.File {
		if !strings.HasSuffix(entry.Name, ".EMObs") {
			continue
		}
		read++
		got := map[string][]map[string]string{}
		var opcode string
		for record, err := range EMObs().Read(Input{FS: files, Name: entry.Name}) {
			if err != nil {
				t.Fatal(err)
			}
			switch r := record.(type) {
			case annotate.Deployment:
				opcode = r.OpCode
				emobsDeploymentRows(got, r, entry.Name)
			case annotate.Sighting:
				got["Points"] = append(got["Points"], emobsSightingRow(r))
			case annotate.Length:
				emobsLengthRows(got, r)
			default:
				t.Fatalf("%s: a %T", entry.Name, record)
			}
		}
		for name, truth := range tables {
			if len(got[name]) != len(truth[opcode]) {
				t.Errorf("%s: %d rows of %s, exported %d", entry.Name, len(got[name]), name, len(truth[opcode]))
				continue
			}
			for i, want := range truth[opcode] {
				emobsHold(cells, fmt.Sprintf("%s of %s, row %d", name, entry.Name, i), name, want, got[name][i])
				rows[name]++
			}
		}
	}
	want := map[string]int{"Source": 113, "Info": 113, "MovieSeq": 859, "Period": 142, "Points": 3684, "Lengths": 2367, "3DPoints": 5, "ImagePtPair": 4756}
	if read != 113 || fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("%d files, rows %v, want %v", read, rows, want)
	}
	t.Logf("cells held against the exports: %v", cells.cells)
}

func emobsHold(cells *emobsCells, what, table string, want, got map[string]string) {
	switch table {
	case "Source": // the other columns are of the export itself
		cells.same(what, want, got, "ExportVersion", "DateTimeCreate")
	case "Info":
		cells.same(what, want, got, "Depth")
		if want["Depth"] != "" || got["Depth"] != "" { // 140.10 is 140.1
			cells.near(what, want, got, 1e-9, "Depth")
		}
	case "MovieSeq": // 0 in every row of every export at hand, and not in the file
		cells.same(what, want, got, "MovieSeqIndex")
	case "Lengths":
		angles := []string{"Direction", "HorzDir", "VertDir"}
		sizes := []string{"Length", "Range", "MidX", "MidY", "MidZ", "RMS"}
		cells.same(what, want, got, append(append(angles, sizes...), "Precision")...)
		cells.near(what, want, got, 0.0002, append(append(angles, sizes...), "Precision")...)
	case "3DPoints":
		measured := []string{"X", "Y", "Z", "sX", "sY", "sZ", "RMS", "Range"}
		cells.same(what, want, got, append(measured, "Direction")...)
		cells.near(what, want, got, 0.0002, measured...)
	default:
		cells.same(what, want, got)
	}
}

func emobsDeploymentRows(got map[string][]map[string]string, d annotate.Deployment, name string) {
	info := map[string]string{"OpCode": d.OpCode, "TapeReader": "", "Depth": "", "Comment": ""}
	for i := 5; i <= 12; i++ {
		info[fmt.Sprintf("Info%dName", i)], info[fmt.Sprintf("Info%dValue", i)] = "", ""
	}
	for key, value := range d.Extra {
		info[strings.TrimPrefix(key, "eventmeasure.")] = value
	}
	if d.Depth != nil {
		info["Depth"] = fmt.Sprint(*d.Depth)
	}
	got["Info"] = append(got["Info"], info)
	got["Source"] = append(got["Source"], map[string]string{"OpCode": d.OpCode, "EMObs": name, "PictureDirectory": info["PictureDirectory"]})
	for _, c := range d.Chapters {
		got["MovieSeq"] = append(got["MovieSeq"], map[string]string{
			"OpCode": d.OpCode, "Camera": strconv.Itoa(c.Camera), "StartTimeOffset": "0.00000", "Format": c.Extra["eventmeasure.Format"],
			"Filename": c.Path, "Frames": strconv.Itoa(c.Frames), "Rate": emobsMinutes(float64(c.Rate.Num) / float64(c.Rate.Den)),
		})
	}
	for _, p := range d.Periods {
		row := map[string]string{"OpCode": d.OpCode, "Period": p.Name, "TimeStart": fmt.Sprint(p.From.Minutes()), "FilenameEnd": "", "FrameEnd": "", "TimeEnd": "", "HasEnd": "0"}
		for key, value := range p.Extra {
			row[strings.TrimPrefix(key, "eventmeasure.")] = value
		}
		if !p.Open {
			row["HasEnd"], row["TimeEnd"] = "1", fmt.Sprint(p.To.Minutes())
		}
		got["Period"] = append(got["Period"], row)
	}
}

func emobsSightingRow(s annotate.Sighting) map[string]string {
	since := s.PeriodTime.Minutes()
	if s.PeriodTime == annotate.None {
		since = -1
	}
	point := s.Shape.Points[0]
	return emobsRow(s.Extra, s.Species, s.Number, "OpCode", s.OpCode, "Filename", s.Media, "Frame", strconv.Itoa(s.Frame),
		"Time", fmt.Sprint(s.Time.Minutes()), "Period", s.Period, "PeriodTime", fmt.Sprint(since),
		"ImageCol", emobsMinutes(point.X), "ImageRow", emobsMinutes(point.Y),
		"RectWidth", "0.00000", "RectHeight", "0.00000", // -1 in the file, 0 in the export
		"Stage", s.Stage, "Activity", s.Activity, "Comment", s.Comment)
}

func emobsLengthRows(got map[string][]map[string]string, l annotate.Length) {
	row := emobsRow(l.Extra, l.Species, l.Number, "OpCode", l.OpCode, "FilenameLeft", l.Media, "FrameLeft", strconv.Itoa(l.Frame),
		"Time", fmt.Sprint(l.Time.Minutes()), "Period", l.Period, "Stage", l.Stage, "Activity", l.Activity, "Comment", l.Comment)
	if _, ok := row["PeriodTime"]; !ok {
		row["PeriodTime"] = "-1.00000"
	}
	for name, value := range map[string]*float64{"Length": l.Length, "Precision": l.Precision, "RMS": l.RMS, "Range": l.Range} {
		if value != nil {
			row[name] = emobsMinutes(*value)
		}
	}
	table := "Lengths"
	if l.Length == nil {
		table = "3DPoints"
	}
	got[table] = append(got[table], row)
	var points [4][]string
	for i, column := range []string{"Lx", "Ly", "Rx", "Ry"} {
		points[i] = strings.Fields(row[column])
	}
	for i := range points[0] {
		got["ImagePtPair"] = append(got["ImagePtPair"], map[string]string{"OpCode": l.OpCode, "ImagePtPair": row["ImagePtPair"], "Index": strconv.Itoa(i),
			"Lx": points[0][i], "Ly": points[1][i], "Rx": points[2][i], "Ry": points[3][i]})
	}
}

// TestEMObsCut: a real file that ends early, or goes on, is refused at every length, with the byte.
func TestEMObsCut(t *testing.T) {
	whole, err := fs.ReadFile(emobsZip(t), "TF_172_287.EMObs")
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		if _, err := parseEMObs("a.EMObs", whole[:n]); err == nil || !strings.Contains(err.Error(), "a.EMObs, byte ") {
			t.Fatalf("cut to %d bytes: %v", n, err)
		}
	}
	_, err = parseEMObs("a.EMObs", append(whole, 0))
	if err == nil || !strings.Contains(err.Error(), "byte 2279: expected the end of the file, found 1 more") {
		t.Errorf("a byte more: %v", err)
	}
}
