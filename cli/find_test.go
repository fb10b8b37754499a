package cli

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lay makes empty files under a folder.
func lay(t *testing.T, root string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNamesOfDeployments(t *testing.T) {
	for _, c := range []struct {
		files []string
		flags addFlags
		want  string // name=chapters, in order; "error: ..." where it is refused
	}{
		{[]string{"BRUV_1/GX010001.MP4", "BRUV_1/GX020001.MP4", "BRUV_2/GX010001.MP4"}, addFlags{}, "BRUV_1=2 BRUV_2=1"},
		{[]string{"DCIM/100GOPRO/GX010001.MP4", "DCIM/100GOPRO/GX010002.MP4", "DCIM/100GOPRO/GX020001.MP4"}, addFlags{}, "GX010001=2 GX010002=1"},
		{[]string{"DCIM/100GOPRO/GX010001.MP4"}, addFlags{}, "GX010001=1"},
		{[]string{"S12/GX010001.MP4"}, addFlags{}, "S12=1"},
		{[]string{"films/a.mp4"}, addFlags{}, "a=1"},
		{[]string{"films/a.mp4"}, addFlags{names: "folder"}, "films=1"},
		{[]string{"S1/a.mp4", "S2/b.mp4"}, addFlags{names: "file"}, "a=1 b=1"},
		{[]string{"x/S1/a.mp4", "y/S1/b.mp4"}, addFlags{}, "a=1 b=1"},
		{[]string{"x/S1/a.mp4", "y/S1/b.mp4"}, addFlags{names: "folder"}, "error: would both be called S1"},
		{[]string{"c1/100GOPRO/GX010001.MP4", "c2/100GOPRO/GX010001.MP4"}, addFlags{}, "error: would both be called GX010001"},
		{[]string{"a.mp4"}, addFlags{opcode: "B7"}, "B7=1"},
		{[]string{"a.mp4", "b.mp4"}, addFlags{opcode: "B7"}, "error: names one deployment"},
		{[]string{"S1/._a.mp4", "S1/a.mp4", "S1/a.LRV", ".trash/b.mp4", "S1/run.requin/c.mp4"}, addFlags{}, "S1=1"},
		{[]string{"S1/a.txt"}, addFlags{}, "error: no video lies in it"},
		{[]string{"S1/GX010001.MP4", "S1/GX020001.MP4"}, addFlags{names: "file", alone: true}, "GX010001=1 GX020001=1"},
	} {
		root := t.TempDir()
		lay(t, root, c.files...)
		if c.flags.names == "" {
			c.flags.names = "auto"
		}
		got := func() string {
			a := &app{stdout: io.Discard, stderr: io.Discard}
			recordings, _, err := a.findRecordings(t.Context(), []string{root}, filepath.Join(root, "survey"), c.flags.alone)
			if err == nil {
				err = nameRecordings(recordings, c.flags)
			}
			if err != nil {
				return "error: " + err.Error()
			}
			var out []string
			for _, r := range recordings {
				out = append(out, r.name+"="+string(rune('0'+len(r.paths))))
			}
			return strings.Join(out, " ")
		}()
		if wrong, refused := strings.CutPrefix(c.want, "error: "); refused {
			if !strings.HasPrefix(got, "error: ") || !strings.Contains(got, wrong) {
				t.Errorf("%v: %s, want an error with %q", c.files, got, wrong)
			}
		} else if got != c.want {
			t.Errorf("%v: %s, want %s", c.files, got, c.want)
		}
	}
}
