package dataset

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"requin/frame"
	"requin/taxon"
)

// Schema is the version of the manifest that is written and read.
const Schema = "requin.dataset/1"

const (
	manifestName = "manifest.json"
	sumsName     = "dataset.sha256"
	imagesName   = "images"

	largestManifest = 1 << 30 // bytes; 27,000 boxes are 6 MB
)

// Test is the fold of a deployment of the test set, which is common to all folds.
const Test = -1

// Manifest is all that a dataset states. Folder: docs/formats/dataset.md.
type Manifest struct {
	Schema      string       `json:"schema"`
	Name        string       `json:"name"`
	Settings    Settings     `json:"settings"`
	Inputs      string       `json:"inputs"` // SHA-256 of what was asked for: settings, truth, names and sizes of the files
	Taxa        []Taxon      `json:"taxa"`
	Deployments []Deployment `json:"deployments"` // in order of their names
	Pictures    []Picture    `json:"pictures"`    // by deployment, media and time
	Gaps        []Gap        `json:"gaps"`        // frames that were wanted and could not be had
	Dropped     []Dropped    `json:"dropped"`     // boxes that were stated and could not be taken
	Warnings    []string     `json:"warnings"`

	hash string
}

// Taxon is a class of the dataset; its place in Manifest.Taxa is its number for a trainer.
type Taxon struct {
	taxon.Taxon
	Deployments int   `json:"deployments"`            // that hold a box of it
	Boxes       int   `json:"boxes"`                  // that count: those to be ignored are not among them
	Folds       []int `json:"folds"`                  // boxes in each fold
	Test        int   `json:"test"`                   // boxes in the test set
	TooFew      bool  `json:"too_few,omitempty"`      // studied, and the folds together hold less than the floor: not scored there
	TooFewTest  bool  `json:"too_few_test,omitempty"` // studied, and the test set holds less than the floor: not scored there
}

// Deployment is one group of pictures that stays together.
type Deployment struct {
	Name     string `json:"name"`
	Site     string `json:"site,omitempty"` // where it was filmed: its site, else its campaign; "": not known
	Fold     int    `json:"fold"`           // 0 to k-1; Test (-1) for the test set
	Pictures int    `json:"pictures"`
	Boxes    int    `json:"boxes"`              // that count
	LeftOut  int    `json:"left_out,omitempty"` // frames over the most for a deployment
}

// Picture is one file of images/.
type Picture struct {
	File       string  `json:"file"` // from the folder of the dataset, "/" between folders
	SHA256     string  `json:"sha256"`
	Deployment string  `json:"deployment"`
	Media      string  `json:"media"`
	Time       float64 `json:"time_s"`        // from the start of the media, as its file tells it
	PTS        int64   `json:"pts,omitempty"` // time stamp in the chapter's file, of video
	Chapter    int     `json:"chapter,omitempty"`
	W          int     `json:"w"` // pixels of the file
	H          int     `json:"h"`
	FullW      int     `json:"full_w"` // pixels of the frame as it was filmed and is shown
	FullH      int     `json:"full_h"`
	Whole      bool    `json:"whole,omitempty"`   // a Look: everything in it was marked
	Partial    bool    `json:"partial,omitempty"` // other animals may be in it than have boxes: beside them it is neither example nor background
	Boxes      []Box   `json:"boxes"`
	Labels     string  `json:"labels_sha256"`   // of the boxes; see LabelHash
	Look       string  `json:"dhash,omitempty"` // difference hash of the picture, 16 hex digits: near-duplicates differ in few bits
}

// Box is one animal in a picture, in pixels of the picture's file, to 1/100.
type Box struct {
	Taxon string `json:"taxon"`
	frame.Box
	Ignore    string `json:"ignore,omitempty"` // why it is neither an example nor background: Difficult, Crowd or Small; "" for an example
	Occluded  bool   `json:"occluded,omitempty"`
	Truncated bool   `json:"truncated,omitempty"` // cut by the edge of the picture
	Between   bool   `json:"between,omitempty"`   // drawn on the line between two key frames
	Track     string `json:"track,omitempty"`
}

// Why a box is to be ignored.
const (
	Difficult = "difficult" // people could not judge it
	Crowd     = "crowd"     // one box around several animals
	Small     = "small"     // below the least size
)

// Gap is a frame that was wanted and is not among the pictures.
type Gap struct {
	Deployment string  `json:"deployment"`
	Media      string  `json:"media"`
	Time       float64 `json:"time_s"`
	Boxes      int     `json:"boxes"` // that are lost with it
	Reason     string  `json:"reason"`
}

// Dropped is a box, or a frame with something in it that has no box, that was left out.
type Dropped struct {
	Deployment string  `json:"deployment"`
	Media      string  `json:"media"`
	Time       float64 `json:"time_s"`
	Label      string  `json:"label"`
	Reason     string  `json:"reason"`
}

// LabelHash is the SHA-256 over the boxes, one a line: taxon, x0, y0, x1, y1 with two
// decimals, ignore, occluded, truncated, between (0 or 1) and track, tabs between.
func LabelHash(boxes []Box) string {
	h := sha256.New()
	bit := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	for _, b := range boxes {
		fmt.Fprintf(h, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t%d\t%d\t%d\t%s\n", b.Taxon, b.X0, b.Y0, b.X1, b.Y1,
			b.Ignore, bit(b.Occluded), bit(b.Truncated), bit(b.Between), b.Track)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Hash is the SHA-256 of the manifest's file, which names the dataset: it covers the
// hash of every picture. The manifest holds no date, so the same truth gives the same hash.
func (m *Manifest) Hash() string { return m.hash }

// Classes are the names of the taxa, in the order of a trainer's class numbers.
func (m *Manifest) Classes() []string {
	names := make([]string, len(m.Taxa))
	for i, t := range m.Taxa {
		names[i] = t.Name
	}
	return names
}

// Training are the pictures (indices into Pictures) of all folds but one; with a fold of
// Test, of all folds.
func (m *Manifest) Training(fold int) []int {
	return m.side(func(f int) bool { return f != Test && f != fold })
}

// HeldOut are the pictures of one fold; with a fold of Test, those of the test set.
func (m *Manifest) HeldOut(fold int) []int { return m.side(func(f int) bool { return f == fold }) }

func (m *Manifest) side(in func(fold int) bool) []int {
	folds := m.foldOf()
	var out []int
	for i, p := range m.Pictures {
		if f, ok := folds[p.Deployment]; ok && in(f) {
			out = append(out, i)
		}
	}
	return out
}

// Partial is how many of some pictures (indices into Pictures) are partial.
func (m *Manifest) Partial(pictures []int) (n int) {
	for _, i := range pictures {
		if m.Pictures[i].Partial {
			n++
		}
	}
	return n
}

func (m *Manifest) foldOf() map[string]int {
	folds := make(map[string]int, len(m.Deployments))
	for _, d := range m.Deployments {
		folds[d.Name] = d.Fold
	}
	return folds
}

// Load reads the manifest of a dataset's folder. It checks the schema and that what it states fits
// together; boxes may still be wrong (Check) and pictures altered (Verify).
func Load(dir string) (*Manifest, error) {
	f, err := os.Open(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no dataset: there is no %s in it; if building it was stopped, repeat the command", dir, manifestName)
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return m, nil
}

// Read reads a manifest as Load does.
func Read(r io.Reader) (*Manifest, error) {
	text, err := io.ReadAll(io.LimitReader(r, largestManifest+1))
	if err != nil {
		return nil, err
	}
	if len(text) > largestManifest {
		return nil, fmt.Errorf("a manifest of more than %d MB: is it another file?", largestManifest>>20)
	}
	var head struct {
		Schema string `json:"schema"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("is no manifest: %w", place(text, err))
	}
	if head.Schema != Schema {
		return nil, fmt.Errorf("has the schema %q, and %q is read: use the version of Requin that wrote it, or build it again", head.Schema, Schema)
	}
	m := new(Manifest)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(m); err != nil {
		return nil, place(text, err)
	}
	if err := m.consistent(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	m.hash = hex.EncodeToString(sum[:])
	return m, nil
}

// place puts the line before an error of the JSON reader.
func place(text []byte, err error) error {
	offset := int64(-1)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
	}
	if offset < 0 || offset > int64(len(text)) {
		return err
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:offset], []byte("\n")), err)
}

// consistent checks what all users of a manifest rely on.
func (m *Manifest) consistent() error {
	if m.Settings.Folds < 0 || m.Settings.Folds > mostFolds {
		return fmt.Errorf("%d folds: from 0 to %d", m.Settings.Folds, mostFolds)
	}
	taxa, deployments, files := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, t := range m.Taxa {
		if t.Name == "" || taxa[t.Name] {
			return fmt.Errorf("taxon %q is listed twice or has no name", t.Name)
		}
		if len(t.Folds) > m.Settings.Folds {
			return fmt.Errorf("taxon %q has boxes in %d folds of %d", t.Name, len(t.Folds), m.Settings.Folds)
		}
		taxa[t.Name] = true
	}
	for _, d := range m.Deployments {
		if d.Name == "" || deployments[d.Name] {
			return fmt.Errorf("deployment %q is listed twice or has no name", d.Name)
		}
		if d.Fold < Test || d.Fold >= max(m.Settings.Folds, 1) {
			return fmt.Errorf("deployment %q has the fold %d of %d", d.Name, d.Fold, m.Settings.Folds)
		}
		deployments[d.Name] = true
	}
	for i, p := range m.Pictures {
		switch {
		case !filepath.IsLocal(filepath.FromSlash(p.File)) || strings.Contains(p.File, `\`):
			return fmt.Errorf("picture %d: the file %q must be named within the dataset's folder", i+1, p.File)
		case files[p.File]:
			return fmt.Errorf("picture %d: the file %q is listed twice", i+1, p.File)
		case !deployments[p.Deployment]:
			return fmt.Errorf("picture %d (%s): the deployment %q is not listed", i+1, p.File, p.Deployment)
		case p.W <= 0 || p.H <= 0 || p.FullW <= 0 || p.FullH <= 0 || p.W > maxSide || p.H > maxSide:
			return fmt.Errorf("picture %d (%s): %d×%d pixels of %d×%d", i+1, p.File, p.W, p.H, p.FullW, p.FullH)
		case p.Whole && p.Partial:
			return fmt.Errorf("picture %d (%s) is both whole and partial", i+1, p.File)
		}
		files[p.File] = true
	}
	return nil
}

// write gives the manifest as JSON: the same for the same content, one item of a list a line.
func (m *Manifest) write(w io.Writer) error {
	fields := []struct {
		name  string
		value any
	}{
		{"schema", m.Schema}, {"name", m.Name}, {"settings", m.Settings}, {"inputs", m.Inputs},
		{"taxa", lines(m.Taxa)}, {"deployments", lines(m.Deployments)}, {"pictures", lines(m.Pictures)},
		{"gaps", lines(m.Gaps)}, {"dropped", lines(m.Dropped)}, {"warnings", lines(m.Warnings)},
	}
	var out bytes.Buffer
	out.WriteString("{")
	for i, f := range fields {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "\n%q: ", f.name)
		list, ok := f.value.([]any)
		if !ok {
			list = []any{f.value}
		} else {
			out.WriteByte('[')
		}
		for k, item := range list {
			b, err := json.Marshal(item)
			if err != nil {
				return err
			}
			if k > 0 {
				out.WriteByte(',')
			}
			if ok {
				out.WriteByte('\n')
			}
			out.Write(b)
		}
		if ok {
			out.WriteByte(']')
		}
	}
	out.WriteString("\n}\n")
	_, err := w.Write(out.Bytes())
	return err
}

func lines[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

// sums lists the hashes as the program sha256sum does and checks them, the manifest's first.
func (m *Manifest) sums(w io.Writer) error {
	rows := []string{fmt.Sprintf("%s  %s\n", m.hash, manifestName)}
	for _, p := range m.Pictures {
		rows = append(rows, fmt.Sprintf("%s  %s\n", p.SHA256, p.File))
	}
	slices.Sort(rows[1:])
	_, err := io.WriteString(w, strings.Join(rows, ""))
	return err
}
