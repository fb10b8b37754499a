package survey

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/frame"
)

// rowCounts counts the rows of every table.
func rowCounts(t testing.TB, s *Survey) map[string]int {
	t.Helper()
	out := map[string]int{}
	rows, err := s.db.Query("SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var n int
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if err := s.db.QueryRow("SELECT count(*) FROM " + name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		out[name] = n
	}
	delete(out, "ledger") // tells of what went, too
	return out
}

// A stream that fails, or is cancelled, anywhere leaves nothing.
func TestImportIsWholeOrNot(t *testing.T) {
	s := fresh(t)
	feed(t, s, "first", made{rand.New(rand.NewPCG(1, 1))}.records()...)
	before, kept := rowCounts(t, s), collect(t, s.Records(t.Context(), Filter{}))
	if before["marks"] == 0 || before["sightings"] == 0 || before["chapters"] == 0 {
		t.Fatalf("the test has too little to lose: %v", before)
	}
	records := made{rand.New(rand.NewPCG(2, 2))}.records()
	broken := errors.New("line 17: a broken file")
	for stop := 0; stop <= len(records); stop += 1 + len(records)/rounds(20) {
		_, err := s.Import(t.Context(), Source{Name: "first", Format: "test"}, func(yield func(annotate.Record, error) bool) {
			for _, r := range records[:stop] {
				if !yield(r, nil) {
					return
				}
			}
			yield(nil, broken)
		}, ImportOptions{Replace: true})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if after := rowCounts(t, s); !reflect.DeepEqual(after, before) {
			t.Fatalf("after %d records:\n%v\nwas\n%v", stop, after, before)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := s.Import(ctx, Source{Name: "b"}, func(yield func(annotate.Record, error) bool) {
		for i, r := range records {
			if i == len(records)/2 {
				cancel()
			}
			if !yield(r, nil) {
				return
			}
		}
	}, ImportOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if after := rowCounts(t, s); !reflect.DeepEqual(after, before) {
		t.Fatalf("after being cancelled: %v, was %v", after, before)
	}
	compare(t, collect(t, s.Records(t.Context(), Filter{})), kept)
}

// A kill in the middle of an import leaves the survey as it was.
func TestImportKilled(t *testing.T) {
	const folderVar = "REQUIN_TEST_KILLED"
	if folder := os.Getenv(folderVar); folder != "" { // the child
		s := reopen(t, folder)
		_, err := s.Import(t.Context(), Source{Name: "second"}, func(yield func(annotate.Record, error) bool) {
			for r, err := range points(40_000) { // more than SQLite keeps in memory
				if !yield(r, err) {
					return
				}
			}
			fmt.Println("half way")
			time.Sleep(time.Minute)
		}, ImportOptions{})
		t.Fatal("not killed:", err)
	}
	if testing.Short() {
		t.Skip("imports more than fits into SQLite's memory")
	}
	s := fresh(t)
	feed(t, s, "first", made{rand.New(rand.NewPCG(1, 1))}.records()...)
	before := rowCounts(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0], "-test.run=^TestImportKilled$")
	child.Env = append(os.Environ(), folderVar+"="+s.Folder())
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "half way" {
		t.Log(lines.Text())
	}
	if info, err := os.Stat(filepath.Join(s.Folder(), dbFile+"-wal")); err != nil || info.Size() < 1<<20 {
		t.Errorf("the import has not reached the disk yet: %v, %v", info, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	again := reopen(t, s.Folder())
	if after := rowCounts(t, again); !reflect.DeepEqual(after, before) {
		t.Errorf("after the kill:\n%v\nwas\n%v", after, before)
	}
	must[Imported](t)(again.Import(t.Context(), Source{Name: "second"}, points(10), ImportOptions{}))
}

func TestSources(t *testing.T) {
	s := fresh(t)
	src := Source{Name: "a.json", Format: "coco", SHA256: "11", By: "É", At: time.Date(2026, 1, 1, 0, 0, 0, 5, time.UTC), Notes: []string{"2 masks", "é"}}
	old := []annotate.Record{annotate.Deployment{OpCode: "A", Site: "reef"}, annotate.Sighting{OpCode: "A", Number: 1}, annotate.Sighting{OpCode: "only here", Number: 2}}
	put := func(src Source, replace bool, records ...annotate.Record) (Imported, error) {
		return s.Import(t.Context(), src, stream(records...), ImportOptions{Replace: replace})
	}
	in := must[Imported](t)(put(src, false, old...))
	if want := (Imported{Deployments: 1, Sightings: 2}); !reflect.DeepEqual(in, want) {
		t.Errorf("got %+v", in)
	}
	if got := must[[]SourceInfo](t)(s.Sources(t.Context())); !reflect.DeepEqual(got, []SourceInfo{{src, in}}) {
		t.Errorf("got %+v", got)
	}
	// The same file again does nothing, from whichever folder, unless it is to be replaced. Another of the same
	// content, in which nothing was seen, say, is another.
	before := rowCounts(t, s)
	for _, name := range []string{"a.json", "copies/a.json"} {
		again := src
		again.Name = name
		if in := must[Imported](t)(put(again, false, old...)); !in.Already || in.Sightings != 0 {
			t.Errorf("got %+v", in)
		}
	}
	if in := must[Imported](t)(put(src, true, old...)); in.Already || in.Sightings != 2 {
		t.Errorf("got %+v", in)
	}
	other := src
	other.Name = "b.json"
	if in := must[Imported](t)(put(other, false)); in.Already {
		t.Errorf("got %+v", in)
	}
	if err := s.RemoveSource(t.Context(), "b.json"); err != nil {
		t.Fatal(err)
	}
	if after := rowCounts(t, s); !reflect.DeepEqual(before, after) {
		t.Errorf("%v became %v", before, after)
	}
	changed := src
	changed.SHA256 = "22"
	_, err := put(changed, false, old...)
	says(t, err, "a.json", "imported already", "replace")
	in = must[Imported](t)(put(changed, true, annotate.Sighting{OpCode: "A", Number: 3}))
	if in.Already || in.Sightings != 1 {
		t.Errorf("got %+v", in)
	}
	got := collect(t, s.Records(t.Context(), Filter{}))
	want := []annotate.Record{annotate.Deployment{OpCode: "A", Site: "reef"}, annotate.Sighting{OpCode: "A", Number: 3}}
	compare(t, got, want)
	if d := must[[]Deployment](t)(s.Deployments(t.Context())); len(d) != 1 || d[0].OpCode != "A" || d[0].Sightings != 1 {
		t.Errorf("deployments %+v", d)
	}
	// Removing takes along what only the import spoke of, and nothing else.
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "added"}); err != nil {
		t.Fatal(err)
	}
	feed(t, s, "other", annotate.Sighting{OpCode: "B"})
	must[Imported](t)(put(Source{Name: "third"}, false, annotate.Sighting{OpCode: "B"}, annotate.Sighting{OpCode: "added"}))
	if err := s.RemoveSource(t.Context(), "a.json"); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveSource(t.Context(), "third"); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range must[[]Deployment](t)(s.Deployments(t.Context())) {
		names = append(names, d.OpCode)
	}
	if !slices.Equal(names, []string{"B", "added"}) {
		t.Errorf("left: %v", names)
	}
	says(t, s.RemoveSource(t.Context(), "a.json"), `nothing was imported from "a.json"`)
	_, err = put(Source{}, false)
	says(t, err, "needs a name")
}

// A record may come before what it names; what is never stated is made.
func TestImportMakesWhatIsNamed(t *testing.T) {
	s := fresh(t)
	mark := annotate.Mark{Media: "v.mp4", Track: "7", Frame: 3, Time: annotate.None}
	picture := annotate.Mark{Media: "p.jpg"}
	look := annotate.Look{Media: "l.mp4", Frame: 9}
	late := annotate.Mark{Media: "late.mp4", Track: "1", Frame: 1}
	feed(t, s, "a", late, mark, picture, look,
		annotate.Media{Name: "late.mp4", Video: true, W: 5}, annotate.Track{Media: "late.mp4", ID: "1", Names: []annotate.Name{{Label: "x"}}},
		annotate.Sighting{OpCode: "B", Number: 1})
	compare(t, collect(t, s.Records(t.Context(), Filter{})), []annotate.Record{
		annotate.Media{Name: "late.mp4", Video: true, W: 5}, annotate.Track{Media: "late.mp4", ID: "1", Names: []annotate.Name{{Label: "x"}}}, late,
		annotate.Media{Name: "v.mp4", Video: true}, annotate.Track{Media: "v.mp4", ID: "7"}, mark,
		annotate.Media{Name: "p.jpg"}, picture,
		annotate.Media{Name: "l.mp4", Video: true}, look,
		annotate.Sighting{OpCode: "B", Number: 1},
	})
	for _, twice := range []annotate.Record{annotate.Media{Name: "m"}, annotate.Track{Media: "m", ID: "1"}} {
		_, err := s.Import(t.Context(), Source{Name: "b"}, stream(twice, twice), ImportOptions{})
		says(t, err, "b: nothing was imported", "stated twice")
	}
}

// A media is found by its name, by the folders before it where cameras used the
// name again, by asking, or later, when its deployment comes.
func TestImportPlaces(t *testing.T) {
	s := fresh(t)
	chapter := func(path string) annotate.Chapter { return annotate.Chapter{Path: path} }
	for _, d := range []annotate.Deployment{
		{OpCode: "A", Chapters: []annotate.Chapter{chapter("A/GX01.MP4"), chapter("A/GX02.MP4")}},
		{OpCode: "B", Chapters: []annotate.Chapter{chapter("B/GX01.MP4"), chapter("B/Été.mp4")}},
	} {
		if _, err := s.PutDeployment(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	want := map[string]string{
		"GX02.mp4": "A", `D:\cards\A\GX02.MP4`: "A", "x/B/GX01.MP4": "B", "E\u0301te\u0301.MP4": "B", "asked.jpg": "C", "stated.jpg": "D",
		"GX01.MP4": "", "nobody.jpg": "",
	}
	opt := ImportOptions{Deployment: func(m annotate.Media) (string, bool) { return "C", m.Name == "asked.jpg" }}
	var records []annotate.Record
	for name := range want {
		m := annotate.Media{Name: name}
		if name == "stated.jpg" {
			m.Deployment = "D"
		}
		records = append(records, m, annotate.Mark{Media: name})
	}
	records = append(records, annotate.Count{Media: "GX02.MP4", Value: 1}, annotate.Count{Media: "later.mp4", Value: 2})
	in := must[Imported](t)(s.Import(t.Context(), Source{Name: "a"}, stream(records...), opt))
	if slices.Sort(in.Unplaced); !slices.Equal(in.Unplaced, []string{"GX01.MP4", "later.mp4", "nobody.jpg"}) {
		t.Errorf("unplaced: %q", in.Unplaced)
	}
	check := func() {
		t.Helper()
		for _, r := range collect(t, s.Records(t.Context(), Filter{})) {
			switch r := r.(type) {
			case annotate.Media:
				if r.Deployment != want[r.Name] {
					t.Errorf("%s is of %q, want %q", r.Name, r.Deployment, want[r.Name])
				}
			case annotate.Count:
				if r.OpCode != want[r.Media] && r.OpCode != "A" {
					t.Errorf("the count of %s is of %q", r.Media, r.OpCode)
				}
			}
		}
	}
	check()
	// A deployment with their files comes later.
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "E", Chapters: []annotate.Chapter{chapter("nobody.jpg"), chapter("LATER.mp4")}}); err != nil {
		t.Fatal(err)
	}
	want["nobody.jpg"], want["later.mp4"] = "E", "E"
	check()
	for opcode, n := range map[string]int{"A": 2, "B": 2, "C": 1, "D": 1, "E": 1} {
		for _, d := range must[[]Deployment](t)(s.Deployments(t.Context())) {
			if d.OpCode == opcode && d.Marks != n {
				t.Errorf("%s has %d marks, want %d", opcode, d.Marks, n)
			}
		}
		got := 0
		for _, r := range collect(t, s.Records(t.Context(), Filter{OpCodes: []string{opcode}})) {
			if _, ok := r.(annotate.Mark); ok {
				got++
			}
		}
		if got != n {
			t.Errorf("the filter gives %d marks of %s, want %d", got, opcode, n)
		}
	}
}

// Several imports of the same video are one media; files that only share a name are not.
func TestRecordsJoinSources(t *testing.T) {
	s := fresh(t)
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "A"}); err != nil {
		t.Fatal(err)
	}
	rate := frame.Rational{Num: 25, Den: 1}
	mark := annotate.Mark{Media: "v.mp4", Track: "1", Frame: 2}
	feed(t, s, "first", annotate.Label{Name: "shark"}, annotate.Media{Name: "v.mp4", Deployment: "A", Video: true, Extra: annotate.Extra{"a": "1"}},
		annotate.Track{Media: "v.mp4", ID: "1"}, mark, annotate.Media{Name: "p.jpg"}, annotate.Mark{Media: "p.jpg", ID: "p1"})
	feed(t, s, "second", annotate.Label{Name: "shark", ID: "4"}, annotate.Label{Name: "ray"},
		annotate.Media{Name: "v.mp4", Deployment: "A", Rate: rate, W: 9, Extra: annotate.Extra{"a": "2", "b": "3"}},
		annotate.Track{Media: "v.mp4", ID: "1"}, annotate.Track{Media: "v.mp4", ID: "2"}, mark,
		annotate.Look{Media: "v.mp4", Frame: 2}, annotate.Media{Name: "p.jpg"}, annotate.Mark{Media: "p.jpg", ID: "p2"})
	feed(t, s, "third", annotate.Media{Name: "v.mp4", Deployment: "B"}, annotate.Mark{Media: "v.mp4", ID: "other"})
	theirs := mark
	theirs.Track = "1 second"
	compare(t, collect(t, s.Records(t.Context(), Filter{})), []annotate.Record{
		annotate.Deployment{OpCode: "A"}, annotate.Label{Name: "shark"}, annotate.Label{Name: "ray"},
		annotate.Media{Name: "v.mp4", Deployment: "A", Video: true, Rate: rate, W: 9, Extra: annotate.Extra{"a": "1", "b": "3"}},
		annotate.Track{Media: "v.mp4", ID: "1"}, annotate.Track{Media: "v.mp4", ID: "1 second"}, annotate.Track{Media: "v.mp4", ID: "2"},
		mark, theirs, annotate.Look{Media: "v.mp4", Frame: 2},
		annotate.Media{Name: "p.jpg"}, annotate.Mark{Media: "p.jpg", ID: "p1"},
		annotate.Media{Name: "second/p.jpg"}, annotate.Mark{Media: "second/p.jpg", ID: "p2"},
		annotate.Media{Name: "B/v.mp4", Deployment: "B"}, annotate.Mark{Media: "B/v.mp4", ID: "other"},
	})
	compare(t, collect(t, s.Records(t.Context(), Filter{Sources: []string{"second"}, OpCodes: []string{"A"}})), []annotate.Record{
		annotate.Deployment{OpCode: "A"}, annotate.Label{Name: "shark", ID: "4"}, annotate.Label{Name: "ray"},
		annotate.Media{Name: "v.mp4", Deployment: "A", Rate: rate, W: 9, Extra: annotate.Extra{"a": "2", "b": "3"}},
		annotate.Track{Media: "v.mp4", ID: "1"}, annotate.Track{Media: "v.mp4", ID: "2"}, mark, annotate.Look{Media: "v.mp4", Frame: 2},
	})
	if got := collect(t, s.Records(t.Context(), Filter{Sources: []string{"third"}})); len(got) != 2 {
		t.Errorf("third: %v", got)
	}
	for _, f := range []Filter{{Sources: []string{"nowhere"}}, {OpCodes: []string{"Z"}}} {
		n := 0
		for _, err := range s.Records(t.Context(), f) {
			if n++; err == nil || n > 1 || !strings.Contains(err.Error(), "check its name") {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
}

func TestPutDeployment(t *testing.T) {
	s := fresh(t)
	f := func(x float64) *float64 { return &x }
	no := false
	first := annotate.Deployment{
		OpCode: "10", Site: "reef", Latitude: f(-21.5), SuccessfulCount: &no, Extra: annotate.Extra{"a": "1", "b": "2"},
		Chapters: []annotate.Chapter{{Path: filepath.Join(s.Folder(), "videos", "a.mp4"), SHA256: "AA", Size: 3}, {Path: "/elsewhere/b.mp4", SHA256: "bb", Camera: 1}},
		Periods:  []annotate.Period{{Name: "soak", From: 5, To: 9}},
	}
	put := func(d annotate.Deployment) bool { return must[bool](t)(s.PutDeployment(t.Context(), d)) }
	if !put(first) || put(annotate.Deployment{OpCode: "10"}) || !put(annotate.Deployment{OpCode: "2"}) {
		t.Error("which deployments are new")
	}
	want := first
	want.Chapters = slices.Clone(first.Chapters)
	want.Chapters[0].Path, want.Chapters[0].SHA256 = "videos/a.mp4", "aa"
	check := func() {
		t.Helper()
		got := must[[]Deployment](t)(s.Deployments(t.Context()))
		if len(got) != 2 || got[0].OpCode != "2" || !reflect.DeepEqual(got[1].Deployment, want) {
			t.Errorf("got  %+v\nwant %+v", got[1].Deployment, want)
		}
	}
	check()
	put(annotate.Deployment{OpCode: "10", Longitude: f(0), Site: "other", Extra: annotate.Extra{"b": "3"}, Periods: []annotate.Period{{Name: "p", Open: true}}})
	want.Longitude, want.Site, want.Extra, want.Periods = f(0), "other", annotate.Extra{"a": "1", "b": "3"}, []annotate.Period{{Name: "p", Open: true}}
	check()
	// A video belongs to one deployment, once; the names of both are said.
	for _, c := range []struct {
		d    annotate.Deployment
		want []string
	}{
		{annotate.Deployment{OpCode: "2", Chapters: []annotate.Chapter{{Path: "c.mp4", SHA256: "aa"}}}, []string{"deployment 2", "c.mp4", "videos/a.mp4", "deployment 10"}},
		{annotate.Deployment{OpCode: "3", Chapters: []annotate.Chapter{{Path: "c.mp4", SHA256: "cc"}, {Path: "d.mp4", SHA256: "CC"}}}, []string{"c.mp4 and d.mp4 are the same"}},
		{annotate.Deployment{OpCode: ""}, []string{"without an opcode"}},
	} {
		_, err := s.PutDeployment(t.Context(), c.d)
		says(t, err, c.want...)
		check()
	}
	// An import knows its chapters by name only: the files that are known stay.
	feed(t, s, "points", annotate.Deployment{OpCode: "10", Depth: f(12), Chapters: []annotate.Chapter{{Path: "a.mp4"}}, Periods: []annotate.Period{{Name: "60min"}}})
	want.Depth, want.Periods = f(12), []annotate.Period{{Name: "60min"}}
	check()
	// Its own chapters can be stated again.
	put(first)
	want.Site, want.Extra, want.Periods = "reef", annotate.Extra{"a": "1", "b": "2"}, first.Periods
	check()
}

// Many media of several imports, some of them the same, over many pages: each record comes once, under
// its own media.
func TestRecordsManyMedia(t *testing.T) {
	s := fresh(t)
	const n = 2*pageSize + 17
	for k, source := range []string{"first", "second", "third"} {
		var records []annotate.Record
		for i := range n {
			name := fmt.Sprintf("%d.mp4", (i*7+k*100)%n)
			if k == 1 && i%3 == 0 {
				name = "second's own " + name
			}
			records = append(records, annotate.Media{Name: name, Deployment: "A", Video: true},
				annotate.Track{Media: name, ID: "1", Names: []annotate.Name{{Label: name + source}}},
				annotate.Mark{Media: name, Track: "1", ID: name, Names: []annotate.Name{{Label: name + source}}}, annotate.Look{Media: name, Frame: k})
		}
		feed(t, s, source, records...)
		compare(t, collect(t, s.Records(t.Context(), Filter{Sources: []string{source}})), records)
	}
	var media string
	tracks, seen, marks, looks := map[string]string{}, map[string]bool{}, 0, 0
	for _, r := range collect(t, s.Records(t.Context(), Filter{})) {
		switch r := r.(type) {
		case annotate.Media:
			if seen[r.Name] {
				t.Fatalf("%s comes twice", r.Name)
			}
			media, seen[r.Name] = r.Name, true
			clear(tracks)
		case annotate.Track:
			if _, twice := tracks[r.ID]; twice || r.Media != media {
				t.Fatalf("track %+v in %s", r, media)
			}
			tracks[r.ID] = r.Names[0].Label
		case annotate.Mark:
			marks++
			if r.Media != media || r.ID != media || tracks[r.Track] != r.Names[0].Label {
				t.Fatalf("mark %+v in %s, tracks %v", r, media, tracks)
			}
		case annotate.Look:
			looks++
			if r.Media != media {
				t.Fatalf("look %+v in %s", r, media)
			}
		}
	}
	if own := (n + 2) / 3; len(seen) != n+own || marks != 3*n || looks != 3*n {
		t.Errorf("%d media, %d marks, %d looks; want %d, %d, %d", len(seen), marks, looks, n+own, 3*n, 3*n)
	}
}
