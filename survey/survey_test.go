package survey

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"requin/annotate"
	"requin/taxon"
)

// fresh is a new survey.
func fresh(t testing.TB) *Survey {
	t.Helper()
	s, err := Init(t.Context(), filepath.Join(t.TempDir(), "study"), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func reopen(t testing.TB, folder string) *Survey {
	t.Helper()
	s, err := Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// rounds is how often something random is tried; the race detector makes the database many times slower.
func rounds(n int) int {
	if testing.Short() {
		return max(1, n/8)
	}
	return n
}

func stream(records ...annotate.Record) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

func collect(t testing.TB, records annotate.Records) (out []annotate.Record) {
	t.Helper()
	for r, err := range records {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	return out
}

func feed(t testing.TB, s *Survey, name string, records ...annotate.Record) Imported {
	t.Helper()
	return must[Imported](t)(s.Import(t.Context(), Source{Name: name, Format: "test"}, stream(records...), ImportOptions{}))
}

// sameMoment makes times comparable: the zone's name does not count, nor zones of
// before there were zones.
func sameMoment(r annotate.Record) annotate.Record {
	utc := func(o *annotate.Origin) {
		if _, offset := o.At.Zone(); offset%60 == 0 {
			o.At = o.At.In(time.FixedZone("", offset))
		} else {
			o.At = o.At.In(time.FixedZone("", 0))
		}
	}
	switch r := r.(type) {
	case annotate.Track:
		utc(&r.Origin)
		return r
	case annotate.Mark:
		utc(&r.Origin)
		return r
	case annotate.Sighting:
		utc(&r.Origin)
		return r
	case annotate.Length:
		utc(&r.Origin)
		return r
	case annotate.Count:
		utc(&r.Origin)
		return r
	}
	return r
}

func compare(t testing.TB, got, want []annotate.Record) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) {
			t.Fatalf("%d records, want %d; got %+v, want %+v", len(got), len(want), got[min(i, len(got)):], want[min(i, len(want)):])
		}
		if a, b := sameMoment(got[i]), sameMoment(want[i]); !reflect.DeepEqual(a, b) {
			t.Fatalf("record %d:\ngot  %#v\nwant %#v", i, a, b)
		}
	}
}

// What goes in comes out equal, again and again, also after closing and from a copy elsewhere.
func TestRecordsRoundTrip(t *testing.T) {
	for seed := range uint64(rounds(40)) {
		want := made{rand.New(rand.NewPCG(seed, 1))}.records()
		s := fresh(t)
		in := feed(t, s, "all", want...)
		out := s.Records(t.Context(), Filter{})
		compare(t, collect(t, out), want)
		compare(t, collect(t, out), want)
		if n := in.Deployments + in.Labels + in.Media + in.Tracks + in.Marks + in.Looks + in.Sightings + in.Lengths + in.Counts; n != len(want) {
			t.Fatalf("%d records counted, %d imported", n, len(want))
		}
		if seed > 3 {
			continue
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		copied := filepath.Join(t.TempDir(), "copy")
		if err := os.CopyFS(copied, os.DirFS(s.Folder())); err != nil {
			t.Fatal(err)
		}
		again := reopen(t, copied)
		compare(t, collect(t, again.Records(t.Context(), Filter{})), want)
		// What comes out can go into another survey, and is the same there.
		other := fresh(t)
		must[Imported](t)(other.Import(t.Context(), Source{Name: "x"}, again.Records(t.Context(), Filter{}), ImportOptions{}))
		compare(t, collect(t, other.Records(t.Context(), Filter{})), want)
	}
}

// Ranging can stop anywhere, and the survey goes on working.
func TestRecordsStop(t *testing.T) {
	s := fresh(t)
	want := made{rand.New(rand.NewPCG(7, 7))}.records()
	feed(t, s, "all", want...)
	for stop := 0; stop < len(want); stop += 1 + len(want)/rounds(64) {
		n := 0
		for r, err := range s.Records(t.Context(), Filter{}) {
			if err != nil || !reflect.DeepEqual(sameMoment(r), sameMoment(want[n])) {
				t.Fatal(err)
			}
			if n++; n > stop {
				break
			}
		}
	}
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "new"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range s.Records(ctx, Filter{}) {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}

func TestInitRefuses(t *testing.T) {
	s := fresh(t)
	for _, c := range []struct{ folder, want string }{
		{s.Folder(), "is a survey already"},
		{filepath.Join(s.Folder(), "runs", "deeper"), "lies inside the survey"},
	} {
		_, err := Init(t.Context(), c.folder, "")
		says(t, err, c.want, s.Folder())
	}
	if _, err := os.Stat(filepath.Join(s.Folder(), "runs", "deeper")); err == nil {
		t.Error("a refused folder was made")
	}
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "x")
	_, err := Init(t.Context(), file, "")
	says(t, err, "cannot be made", "name another folder")
	// A folder with other files is fine; nothing but the survey's own is added.
	full := filepath.Join(t.TempDir(), "campagne d'été #1 50%?")
	put(t, filepath.Join(full, "dive.mp4"), "x")
	other := must[*Survey](t)(Init(t.Context(), full, " Été 2026 "))
	if other.Name() != "Été 2026" || s.Name() != "study" {
		t.Errorf("names %q, %q", other.Name(), s.Name())
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if got := files(t, full); !slices.Equal(got, []string{"dive.mp4", "requin.db"}) {
		t.Errorf("the folder holds %v", got)
	}
}

// Two that make the same survey at once: one does, the other is told.
func TestInitAtOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "s")
	results := make(chan error)
	for range 4 {
		go func() {
			s, err := Init(t.Context(), folder, "")
			if err == nil {
				err = s.Close()
			}
			results <- err
		}()
	}
	ok := 0
	for range 4 {
		if err := <-results; err == nil {
			ok++
		} else if !strings.Contains(err.Error(), "survey already") {
			t.Error(err)
		}
	}
	if got := files(t, folder); ok != 1 || !slices.Equal(got, []string{"requin.db"}) {
		t.Errorf("%d made it: %v", ok, got)
	}
}

func TestFind(t *testing.T) {
	s := fresh(t)
	deep := filepath.Join(s.Folder(), "runs", "a", "not there")
	for dir, want := range map[string]string{s.Folder(): s.Folder(), deep: s.Folder(), filepath.Dir(s.Folder()): ""} {
		if got, ok := Find(dir); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", dir, got, ok)
		}
	}
}

func TestPaths(t *testing.T) {
	s := fresh(t)
	outside := t.TempDir()
	link := filepath.Join(outside, "link")
	if err := os.Symlink(s.Folder(), link); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ path, stored string }{
		{filepath.Join(s.Folder(), "videos", "é.mp4"), "videos/é.mp4"},
		{filepath.Join(outside, "a.mp4"), filepath.Join(outside, "a.mp4")},
		{s.Folder() + "-2/a.mp4", s.Folder() + "-2/a.mp4"},
		{filepath.Join(s.Folder(), "..x", "a.mp4"), "..x/a.mp4"},
		{filepath.Join(link, "videos", "a.mp4"), "videos/a.mp4"},
		{`D:\DCIM\GX01.MP4`, `D:\DCIM\GX01.MP4`},
		{`\\server\share\GX01.MP4`, `\\server\share\GX01.MP4`},
		{"", ""},
	} {
		if got := s.Stored(c.path); got != c.stored {
			t.Errorf("%s is stored as %s, want %s", c.path, got, c.stored)
		}
		if again := s.Stored(s.Path(c.stored)); again != c.stored {
			t.Errorf("%s becomes %s", c.stored, again)
		}
	}
	if got := s.Path("videos/a.mp4"); got != filepath.Join(s.Folder(), "videos", "a.mp4") {
		t.Error(got)
	}
}

func TestNatural(t *testing.T) {
	want := []string{"", "1", "02", "2", "10", "10a", "A", "EXM2b", "EXM10a", "a", "site 9b", "site 10a", "site 99999999999999999999998", "site 99999999999999999999999", "é"}
	got := slices.Clone(want)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(got), func(i, j int) { got[i], got[j] = got[j], got[i] })
	slices.SortFunc(got, natural)
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, a := range want {
		for _, b := range want {
			if natural(a, b) != -natural(b, a) || (natural(a, b) == 0) != (a == b) {
				t.Errorf("%q and %q: %d, %d", a, b, natural(a, b), natural(b, a))
			}
		}
	}
}

func TestTaxa(t *testing.T) {
	s := fresh(t)
	if got := must[taxon.List](t)(s.Taxa(t.Context())); len(got) != 0 {
		t.Errorf("a new survey has taxa %v", got)
	}
	want := taxon.List{
		{Name: "Triaenodon obesus", Common: "requin corail", CAAB: "37018038", AphiaID: 217343, Role: taxon.Studied, Classes: []string{"whitetip", "4"}, Threshold: 0.45, Overlaps: []string{"remora", "Epinephelidae"}},
		{Name: "Epinephelidae", Role: taxon.Context, Overlaps: []string{"a"}},
		{Name: "a"},
	}
	for range 2 {
		if err := s.SetTaxa(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got := must[taxon.List](t)(s.Taxa(t.Context())); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v", got)
		}
	}
	says(t, s.SetTaxa(t.Context(), taxon.List{{Name: "b"}, {Name: "b"}}), `"b" is listed twice`)
	says(t, s.SetTaxa(t.Context(), taxon.List{{}}), "without a name")
	if got := must[taxon.List](t)(s.Taxa(t.Context())); !reflect.DeepEqual(got, want) {
		t.Error("a refused list changed the survey's")
	}
}

func TestDatasetsAndModels(t *testing.T) {
	s := fresh(t)
	at := time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC)
	for _, settings := range []string{`{"folds": 4}`, `{"folds":5,"é":[1.50]}`} {
		d := Dataset{Name: "sharks", Path: filepath.Join(s.Folder(), "datasets", "sharks"), Manifest: "abc", Created: at, Settings: json.RawMessage(settings)}
		m := Model{Name: "yolox", Path: filepath.Join(s.Folder(), "models", "y.onnx"), SHA256: "def", Created: at, Card: json.RawMessage(settings)}
		if err := errors.Join(s.PutDataset(t.Context(), d), s.PutModel(t.Context(), m), s.PutModel(t.Context(), Model{Name: "b", Created: at.Add(-1)})); err != nil {
			t.Fatal(err)
		}
		d.Path, m.Path = "datasets/sharks", "models/y.onnx"
		if got := must[[]Dataset](t)(s.Datasets(t.Context())); !reflect.DeepEqual(got, []Dataset{d}) {
			t.Errorf("got %+v", got)
		}
		if got := must[[]Model](t)(s.Models(t.Context())); !reflect.DeepEqual(got, []Model{{Name: "b", Created: at.Add(-1)}, m}) {
			t.Errorf("got %+v", got)
		}
	}
	says(t, s.PutModel(t.Context(), Model{Name: "c", Card: json.RawMessage("{")}), "the card is not JSON")
	says(t, s.PutDataset(t.Context(), Dataset{}), "needs a name")
}

func TestVerdicts(t *testing.T) {
	s := fresh(t)
	if _, err := s.PutDeployment(t.Context(), annotate.Deployment{OpCode: "A"}); err != nil {
		t.Fatal(err)
	}
	var want []Verdict
	for i := range 3 {
		v := Verdict{OpCode: "A", Run: "r1", Kind: "relabel", Track: i, Time: time.Duration(i) * time.Second, Before: json.RawMessage(`{"taxon":"a"}`),
			After: json.RawMessage(`"b"`), By: "É. Observatrice", At: time.Date(2026, 1, 2, 3, 4, 5, i, time.UTC)}
		v.ID = must[int64](t)(s.AppendVerdict(t.Context(), v))
		want = append(want, v)
	}
	if want[0].ID >= want[1].ID || want[1].ID >= want[2].ID {
		t.Errorf("ids do not rise: %+v", want)
	}
	for _, opcode := range []string{"A", ""} {
		if got := must[[]Verdict](t)(s.Verdicts(t.Context(), opcode)); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v", got)
		}
	}
	if got := must[[]Verdict](t)(s.Verdicts(t.Context(), "B")); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	_, err := s.AppendVerdict(t.Context(), Verdict{OpCode: "B", Kind: "accept"})
	says(t, err, `no deployment "B"`)
	_, err = s.AppendVerdict(t.Context(), Verdict{OpCode: "A"})
	says(t, err, "needs a kind")
	for _, query := range []string{"UPDATE verdicts SET kind = 'accept'", "DELETE FROM verdicts", "DELETE FROM deployments"} {
		if _, err := s.db.Exec(query); err == nil {
			t.Errorf("%s went through", query)
		}
	}
}

// Texts that a database or JSON would change are refused, never changed.
func TestImportRefusesWhatItCannotKeep(t *testing.T) {
	s, inf := fresh(t), math.Inf(1)
	for i, c := range []struct {
		record annotate.Record
		want   string
	}{
		{annotate.Media{Name: "a\xff.jpg"}, "not UTF-8"},
		{annotate.Label{Name: "a", Extra: annotate.Extra{"x": "a\xff"}}, "not UTF-8"},
		{annotate.Count{OpCode: "A", Value: math.NaN()}, "no finite number"},
		{annotate.Length{OpCode: "A", Length: &inf}, "no finite number"},
		{annotate.Mark{Media: "a", Names: []annotate.Name{{Score: math.NaN()}}}, "no finite number"},
		{annotate.Sighting{}, "neither a deployment nor a media"},
		{annotate.Media{}, "media without a name"},
		{annotate.Track{Media: "a"}, "track without an id"},
		{annotate.Mark{}, "media without a name"},
		{annotate.Deployment{OpCode: " "}, "without an opcode"},
		{annotate.Mark{Media: "a", Origin: annotate.Origin{At: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}}, "year 12000"},
		{nil, "unknown kind"},
	} {
		_, err := s.Import(t.Context(), Source{Name: "file.csv"}, stream(annotate.Media{Name: "a"}, c.record), ImportOptions{})
		says(t, err, c.want, "file.csv: nothing was imported")
		if got := collect(t, s.Records(t.Context(), Filter{})); len(got) != 0 {
			t.Errorf("%d: %v was kept", i, got)
		}
	}
}
