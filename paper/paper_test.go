package paper

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// shared is a reader for all tests: to start PDFium takes a while.
var shared = NewReader(DefaultLimits())

func TestMain(m *testing.M) {
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func read(t testing.TB, name string) *Paper {
	t.Helper()
	p, err := shared.Read(t.Context(), filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// find gives the sentence that is this text.
func find(t *testing.T, p *Paper, text string) Sentence {
	t.Helper()
	i := slices.IndexFunc(p.Sentences, func(s Sentence) bool { return s.Text() == text })
	if i < 0 {
		t.Fatalf("%s has no sentence %q", p.Name, text)
	}
	return p.Sentences[i]
}

// everyPart wants what the package promises of each sentence.
func everyPart(t *testing.T, p *Paper) {
	t.Helper()
	for _, s := range p.Sentences {
		for _, part := range s.Parts {
			if !p.Holds(part.Page, part.Text) {
				t.Errorf("%s: page %d does not hold %q", p.Name, part.Page, part.Text)
			}
		}
	}
}

// Two columns, hyphens at the ends of lines, a table, a formula, an abbreviated genus, a list of references.
func TestColumns(t *testing.T) {
	p := read(t, "columns.pdf")
	everyPart(t, p)
	for _, c := range []struct {
		section Section
		text    string
	}{
		{Introduction, "We count grey reef sharks, C. amblyrhynchos, and two others."},
		{Methods, "Videos were recorded at 48 baited stations in a lagoon between March and June 2025, with one camera in each frame at depths from 8 to 31 m."},
		{Methods, "Two observers drew a box around every shark with a drawing tool for the browser, and a third one checked all boxes and settled disagreements."},
		{Methods, "Overlapping boxes were removed by non-maximum suppression, and boxes that score under 0.4 were discarded."},
		{Methods, "Training took eleven hours on a workstation with one RTX 3060 graphics card and 32 GB of memory."},
		{Other, "Number of epochs 120"},
		{Results, "Counts agreed with those of people (R = 0.88)."},
		{Statements, "The annotated stills are archived at the repository of the institute, https://doi.org/10.9999/reef.2026."},
		{Thanks, "We thank the crew of the vessel, and the computing centre for the loan of eight V100 GPUs that we used in an unrelated project."},
	} {
		if s := find(t, p, c.text); s.Section != c.section || len(s.Parts) != 1 || s.Parts[0].Page != 1 {
			t.Errorf("%q is in %q, %v; want %q, page 1", c.text, s.Section, s.Parts, c.section)
		}
	}
	for _, s := range p.Sentences {
		if strings.Contains(s.Text(), "dropout") || strings.Contains(s.Text(), "giant detectors") {
			t.Errorf("a reference came through: %q", s.Text())
		}
	}
	if !p.Holds(1, "early stopping and dropout") {
		t.Error("the page itself keeps its references")
	}
}

func TestUnreadable(t *testing.T) {
	columns, err := os.ReadFile("testdata/columns.pdf")
	if err != nil {
		t.Fatal(err)
	}
	encrypted, err := os.ReadFile("testdata/encrypted.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for want, content := range map[string][]byte{
		"it is empty":                {},
		"it is encrypted":            encrypted,
		"pictures of pages, as from": pdfOf(make([][]string, 3), true),
		"it is broken":               columns[:len(columns)/3],
		"it has no pages":            pdfOf(nil, false),
		"neither a PDF nor a text":   {0xff, 0xfe, 0x00, 0x41},
		"it holds no text":           []byte("  \n\f \n"),
	} {
		p, err := shared.Parse(t.Context(), "x.pdf", content)
		if u := new(Unreadable); p != nil || !errors.As(err, &u) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v", want, err)
		}
	}
	if _, err := shared.Read(t.Context(), "testdata/none.pdf"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	if _, err := shared.Read(t.Context(), "testdata"); err == nil {
		t.Error("a folder was read")
	}
}

func TestLimits(t *testing.T) {
	page := []string{"A page of a long report, with a sentence that says very little.", "And another one."}
	long := pdfOf(slices.Repeat([][]string{page}, 2000), false)
	began := time.Now()
	p, err := shared.Parse(t.Context(), "long.pdf", long)
	if err != nil || len(p.Pages) != 2000 || !p.Holds(2000, "And another one.") {
		t.Fatalf("2000 pages: %v", err)
	}
	t.Logf("2000 pages in %v", time.Since(began))
	limits := DefaultLimits()
	limits.Pages, limits.Text, limits.Bytes = 1999, 5000, 1<<20
	small := NewReader(limits)
	defer small.Close()
	for want, content := range map[string][]byte{
		"it has 2000 pages, more than 1999": long,
		"MB of text":                        pdfOf(slices.Repeat([][]string{page}, 200), false),
		"it is larger than 1 MB":            make([]byte, 1<<20+1),
	} {
		if _, err := small.Parse(t.Context(), "x.pdf", content); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	limits = DefaultLimits()
	limits.Time = 50 * time.Millisecond
	hurried := NewReader(limits)
	defer hurried.Close()
	hurried.once.Do(hurried.start)
	if _, err := hurried.Parse(t.Context(), "long.pdf", long); err == nil || !strings.Contains(err.Error(), "it took longer") {
		t.Errorf("out of time: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := shared.Parse(ctx, "long.pdf", long); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if _, err := shared.Parse(t.Context(), "x.pdf", pdfOf([][]string{page}, false)); err != nil {
		t.Errorf("after one that was cancelled: %v", err)
	}
}

// A sentence that runs over a page keeps both; the running head and the number between are no part of it.
func TestPages(t *testing.T) {
	p, err := shared.Parse(t.Context(), "x.pdf", pdfOf([][]string{
		{"Letters on Examples 7", "The counts of the first survey were made by three persons, who watched", "1"},
		{"Letters on Examples 7", "all of the videos. A second sentence was put on the page. It is full.", "2"},
		{"Letters on Examples 7", "Sharks were counted again by C. Sample et al. in 2025, cf. Fig. 3. Done.", "3"},
	}, false))
	if err != nil {
		t.Fatal(err)
	}
	everyPart(t, p)
	s := find(t, p, "The counts of the first survey were made by three persons, who watched all of the videos.")
	if len(s.Parts) != 2 || s.Parts[0].Page != 1 || s.Parts[1] != (Part{2, "all of the videos."}) {
		t.Errorf("%+v", s.Parts)
	}
	find(t, p, "Sharks were counted again by C. Sample et al. in 2025, cf. Fig. 3.")
	if p.Holds(1, "Letters on") || p.Holds(0, "x") || p.Holds(4, "x") || p.Holds(1, "") {
		t.Error("a page holds what it does not")
	}
}

func TestSilentPages(t *testing.T) {
	p, err := shared.Parse(t.Context(), "x.pdf", pdfOf([][]string{{"A page with a whole sentence on it."}, nil, {"Another page with a sentence."}}, true))
	if err != nil || !slices.Equal(p.Silent, []int{2}) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestText(t *testing.T) {
	p, err := shared.Parse(t.Context(), "x.txt", []byte("The net-\nwork was trained on a GPU-\ncluster of four cards.\nOf the semi-\nautomated kind (semi-automated), by cross-\nvalidation.\n\fSecond page. \ufb01ne\n"))
	if err != nil {
		t.Fatal(err)
	}
	everyPart(t, p)
	if len(p.Pages) != 2 || p.Pages[0].Text != "The network was trained on a GPU-cluster of four cards. Of the semi-automated kind (semi-automated), by cross-validation." || p.Pages[1].Text != "Second page. fine" {
		t.Errorf("%+v", p.Pages)
	}
}

func FuzzText(f *testing.F) {
	f.Add("1 Introduction\nA sen-\ntence.\n\fReferences\n[1] x\n\x02\u00adé. B")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := shared.Parse(t.Context(), "x.txt", []byte(text))
		if err != nil {
			if u := new(Unreadable); !errors.As(err, &u) {
				t.Fatal(err)
			}
			return
		}
		everyPart(t, p)
		for _, s := range p.Sentences {
			if len(s.Parts) == 0 || len(s.Parts) > mostParts || strings.TrimSpace(s.Text()) == "" || !utf8.ValidString(s.Text()) {
				t.Errorf("%+v", s)
			}
		}
	})
}

func FuzzPDF(f *testing.F) {
	f.Add(pdfOf([][]string{{"A page with a whole sentence on it."}}, true))
	for _, name := range []string{"thanks.pdf", "encrypted.pdf"} {
		content, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	limits := DefaultLimits()
	limits.Time = 2 * time.Second
	hasty := NewReader(limits)
	f.Cleanup(func() { _ = hasty.Close() })
	f.Fuzz(func(t *testing.T, content []byte) {
		p, err := hasty.Parse(t.Context(), "x.pdf", content)
		if err != nil {
			if u := new(Unreadable); !errors.As(err, &u) {
				t.Fatal(err)
			}
			return
		}
		everyPart(t, p)
	})
}
