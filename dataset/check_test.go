package dataset

import (
	"bytes"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"requin/annotate"
	"requin/realdata"
	"requin/taxon"
)

// faulty is a dataset with one of each fault, its pictures on disk.
func faulty(t *testing.T) (string, *Manifest) {
	dir := t.TempDir()
	s := plain()
	s.Folds, s.Floor = 2, 2
	m := sample(s, []string{"shark", "ray", "~grouper"}, map[string][]string{
		"a": {"shark", "shark", "shark shark", ""}, "A ": {"shark", "", "shark"}, "b": {"shark shark", "orca", "shark", "shark"},
	})
	for i := range m.Pictures {
		p := &m.Pictures[i]
		p.File = fmt.Sprintf("images/%d.jpg", i)
		p.Media = fmt.Sprintf("m%d", i)
		number := i
		if i == 10 { // the last of b looks like the first of "A "
			number = 0
		}
		file := jpegOf(t, noisy(number))
		if i == 10 {
			file = jpegOf(t, brighter(noisy(number)))
		}
		if i == 9 { // and one is the same, byte for byte
			file = jpegOf(t, noisy(2))
		}
		put(t, dir, p.File, file)
		var err error
		if p.SHA256, err = fileSum(filepath.Join(dir, p.File)); err != nil {
			t.Fatal(err)
		}
	}
	return dir, m
}

func find(c *Checked, kind string) *Finding {
	for i := range c.Findings {
		if c.Findings[i].Kind == kind {
			return &c.Findings[i]
		}
	}
	return nil
}

func TestCheck(t *testing.T) {
	dir, m := faulty(t)
	m.Deployments = []Deployment{{Name: "A ", Fold: 0}, {Name: "a", Fold: 1}, {Name: "b", Fold: 1}}
	m.count()
	// Pictures 0 to 2 are of "A ", 3 to 6 of a, 7 to 10 of b.
	m.Pictures[1].Whole = true
	m.Pictures[3].Boxes[0].X1 = m.Pictures[3].Boxes[0].X0 - 5 // inverted
	m.Pictures[4].Boxes[0] = boxAt("shark", 0, 0, 99, 99)     // huge
	m.Pictures[5].Boxes[1] = m.Pictures[5].Boxes[0]           // twice
	m.Pictures[7].Boxes[0] = boxAt("shark", 90, 90, 120, 95)  // outside
	m.Pictures[7].Boxes[1] = boxAt("shark", 10, 10, 12, 30)   // tiny
	m.Pictures[10].Media = m.Pictures[0].Media
	m.Gaps = []Gap{{Media: "x", Time: 3, Reason: "dark"}}
	for i := range m.Pictures {
		m.Pictures[i].Labels = LabelHash(m.Pictures[i].Boxes)
	}
	put(t, dir, m.Pictures[2].File, []byte("not a picture")) // also one of the two that were the same
	c, err := Check(t.Context(), dir, m, DefaultChecks())
	if err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]Finding{
		AlteredFile:  {Severity: Grave, Pictures: []int{2}},
		LeakSame:     {Severity: Grave, Pairs: [][2]int{{2, 9}}},
		LeakMedia:    {Severity: Grave, Pairs: [][2]int{{0, 10}}},
		LeakNear:     {Severity: Grave, Pairs: [][2]int{{0, 10}}},
		LeakName:     {Severity: Grave},
		WrongBox:     {Severity: Grave, Pictures: []int{3, 7}},
		UnknownTaxon: {Severity: Grave, Pictures: []int{8}},
		TwiceBox:     {Severity: Mild, Pictures: []int{5}},
		HugeBox:      {Severity: Mild, Pictures: []int{4}},
		TinyBox:      {Severity: Note, Pictures: []int{7}},
		Empty:        {Severity: Mild, Pictures: []int{6}},
		FewExamples:  {Severity: Note},
		Gaps:         {Severity: Mild},
	} {
		got := find(c, kind)
		if got == nil || got.Severity != want.Severity || !slices.Equal(got.Pictures, want.Pictures) || !slices.Equal(got.Pairs, want.Pairs) {
			t.Errorf("%s: %+v, want %+v", kind, got, want)
		}
	}
	if c.Worst() != Grave || c.Findings[len(c.Findings)-1].Severity != Note {
		t.Errorf("the order: %+v", c.Findings)
	}
	var page, again bytes.Buffer
	m.Name = `<script>"x"`
	if err := c.WritePage(&page, dir); err != nil {
		t.Fatal(err)
	}
	_ = c.WritePage(&again, dir)
	html := page.String()
	if strings.Contains(html, "<script") || strings.Contains(html, "ZgotmplZ") || !strings.Contains(html, "data:image/jpeg;base64,") ||
		!strings.Contains(html, "cannot be shown") || !strings.Contains(html, "Look-alikes") || html != again.String() {
		t.Errorf("the page:\n%.3000s", html)
	}
	if keep := os.Getenv("REQUIN_PAGE"); keep != "" {
		if err := os.WriteFile(keep, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A sound dataset has no finding that is more than a note.
func TestCheckSound(t *testing.T) {
	dir, m := painted(t, 4)
	for i := range m.Pictures {
		m.Pictures[i].Look = lookText(0xffff << (16 * i)) // what is painted looks alike
	}
	c, err := Check(t.Context(), dir, m, DefaultChecks())
	if err != nil || c.Worst() == Grave || c.Worst() == Mild {
		t.Errorf("%v: %+v", err, c.Findings)
	}
}

// The hash keeps its bits when a picture is scaled, compressed, brightened and put into a letterbox, and differs
// between pictures.
func TestLook(t *testing.T) {
	for n := range 8 {
		img := noisy(n)
		w, h := img.Rect.Dx(), img.Rect.Dy()
		own := look(packed(img), w, h)
		tall := make([]byte, 3*w*(h+40))
		copy(tall[3*w*20:], packed(img))
		for name, other := range map[string]uint64{
			"smaller":   look(scaled(packed(img), w, h, w/2, h/2), w/2, h/2),
			"brighter":  look(packed(brighter(img)), w, h),
			"letterbox": look(tall, w, h+40),
		} {
			if d := bits.OnesCount64(own ^ other); d > DefaultChecks().Distance {
				t.Errorf("picture %d %s: %d bits differ", n, name, d)
			}
		}
		if d := bits.OnesCount64(own ^ look(packed(noisy(n+1)), w, h)); d < 12 {
			t.Errorf("pictures %d and %d: only %d bits differ", n, n+1, d)
		}
	}
	for _, c := range []struct{ w, h int }{{1, 1}, {1, 50}, {3, 2}} { // nothing to see, and no crash
		_ = look(make([]byte, 3*c.w*c.h), c.w, c.h)
	}
}

// The frames of DeepFish, split by site, share nothing; split at random, most of what is tested has a look-alike
// among what is trained on.
func TestDeepFishLeaks(t *testing.T) {
	data := realdata.Path(t, "deepfish")
	s := plain()
	s.Folds = 5
	dir := filepath.Join(t.TempDir(), "set")
	m, err := Build(t.Context(), dir, Source{Records: yolo(t, data, []string{"Fish"}), Taxa: taxon.List{{Name: "Fish"}}, Files: files(filepath.Join(data, "images")),
		Deployment: func(m annotate.Media) string { return m.Name[:4] }}, s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(m.Pictures) != 487 || m.Taxa[0].Boxes+ignored(m) != 1009 || len(m.Deployments) != 16 || len(m.Gaps) != 0 {
		t.Errorf("%d pictures, %d boxes and %d ignored, %d sites", len(m.Pictures), m.Taxa[0].Boxes, ignored(m), len(m.Deployments))
	}
	c, err := Check(t.Context(), dir, m, DefaultChecks())
	if err != nil {
		t.Fatal(err)
	}
	if leak := find(c, LeakNear); leak != nil || c.Worst() == Grave {
		t.Errorf("by site: %+v", c.Findings)
	}
	for i := range m.Pictures {
		m.Pictures[i].Deployment = m.Pictures[i].Media
	}
	m.Deployments, m.Taxa = nil, []Taxon{{Taxon: m.Taxa[0].Taxon}}
	if err := m.divide(nil); err != nil {
		t.Fatal(err)
	}
	if c, err = Check(t.Context(), dir, m, Checks{Distance: DefaultChecks().Distance, Huge: 1, Overlap: 1}); err != nil {
		t.Fatal(err)
	}
	leak := find(c, LeakNear)
	if leak == nil {
		t.Fatal("a random split leaks nothing")
	}
	leaking := map[int]bool{}
	for _, p := range leak.Pairs {
		leaking[p[0]], leaking[p[1]] = true, true
	}
	t.Logf("at random: %d pairs, %d of %d pictures have a look-alike on another side", len(leak.Pairs), len(leaking), len(m.Pictures))
	if len(leaking) < len(m.Pictures)/3 {
		t.Errorf("at random: only %d pictures leak", len(leaking))
	}
}

func ignored(m *Manifest) (n int) {
	for _, p := range m.Pictures {
		for _, b := range p.Boxes {
			if b.Ignore != "" {
				n++
			}
		}
	}
	return n
}

// Whatever bytes come: no crash, and what is read can be relied on and comes back the same.
func FuzzRead(f *testing.F) {
	s := plain()
	m := sample(s, []string{"shark", "~ray"}, map[string][]string{"a": {"shark ray"}, "b": {""}})
	if err := m.divide(nil); err != nil {
		f.Fatal(err)
	}
	var text bytes.Buffer
	if err := m.write(&text); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"schema":"requin.dataset/1","pictures":[{"file":"../x","w":1,"h":1}]}`))
	f.Add([]byte(`{"schema":"requin.dataset/2"}`))
	f.Add([]byte("null"))
	f.Add([]byte(`{"schema":"requin.dataset/1","settings":{"folds":9999999999}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		m.Training(0)
		m.HeldOut(Test)
		_, _ = m.Table()
		for _, p := range m.Pictures {
			if !filepath.IsLocal(filepath.FromSlash(p.File)) || p.W <= 0 || p.H <= 0 {
				t.Fatalf("let through: %+v", p)
			}
		}
		var once, twice bytes.Buffer
		if err := m.write(&once); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(once.Bytes()))
		if err != nil {
			t.Fatalf("what was written is not read: %v", err)
		}
		if _ = again.write(&twice); !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("%s\n%s", &once, &twice)
		}
	})
}

// What a manifest must not hold is refused, by name.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                              "is no manifest",
		"{\n\"schema\": x}":             "line 2",
		`{"schema":"requin.dataset/9"}`: "build it again",
		`{"schema":"requin.dataset/1","nmae":""}`:                                                                     `"nmae"`,
		`{"schema":"requin.dataset/1","taxa":[{"name":"a"},{"name":"a"}]}`:                                            `"a" is listed twice`,
		`{"schema":"requin.dataset/1","deployments":[{"name":"a","fold":3}]}`:                                         "fold 3",
		`{"schema":"requin.dataset/1","pictures":[{"file":"images/1.jpg","deployment":"x"}]}`:                         `"x" is not listed`,
		`{"schema":"requin.dataset/1","settings":{"folds":1000000}}`:                                                  "1000000 folds",
		`{"schema":"requin.dataset/1","pictures":[{"file":"/etc/passwd"}]}`:                                           "within the dataset's folder",
		`{"schema":"requin.dataset/1","deployments":[{"name":"a"}],"pictures":[{"file":"1","deployment":"a","w":0}]}`: "0×0 pixels",
		"{\"schema\":\"requin.dataset/1\",\n\"deployments\":[{\"name\":7}]}":                                          "line 2",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	if _, err := Load(t.TempDir()); err == nil || !strings.Contains(err.Error(), "repeat the command") {
		t.Errorf("an empty folder: %v", err)
	}
}
