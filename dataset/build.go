package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"requin/disk"
	"requin/frame"
)

// Progress is told how many frames of how many are done.
type Progress func(done, total int)

// Build makes a dataset of truth, in the folder dir, which it creates. It can be stopped at
// any moment, and the same call again goes on and gives the same bytes. A frame that cannot be decoded
// is a gap in the manifest; an error means that nothing can be said (a label that no taxon claims, a missing
// file, a full disk) and tells what to do. progress may be nil.
func Build(ctx context.Context, dir string, source Source, s Settings, progress Progress) (*Manifest, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	if s.Test == nil {
		s.Test = []string{}
	}
	list, err := source.gather()
	if err != nil {
		return nil, err
	}
	n, err := source.claims()
	if err != nil {
		return nil, err
	}
	if err := n.settle(list, s.Unknown); err != nil {
		return nil, err
	}
	if err := source.resolve(list); err != nil {
		return nil, err
	}
	if err := present(list); err != nil {
		return nil, err
	}
	chosen, err := choose(ctx, list, n, s)
	if err != nil {
		return nil, err
	}
	if len(chosen.shots) == 0 {
		return nil, errors.New("there is no frame to take: the truth holds no mark and no frame that was looked at")
	}
	b := &build{dir: dir, s: s, chosen: chosen, progress: progress, total: len(chosen.shots), results: make([]result, len(chosen.shots))}
	for _, shot := range chosen.shots {
		b.stems = append(b.stems, stem(shot))
	}
	b.inputs, err = inputs(n, s, chosen)
	if err != nil {
		return nil, err
	}
	return b.run(ctx, n)
}

// present names the files that are not there: their disk may not be plugged in.
func present(list []*medium) error {
	var missing []error
	for _, m := range list {
		for _, path := range m.files {
			if _, err := os.Stat(path); err != nil {
				missing = append(missing, fmt.Errorf("%s of %s cannot be found (%w): plug in its disk, or leave out its truth", path, m.deployment, err))
			}
		}
	}
	return several(missing, "files")
}

// inputs is the hash of what was asked for. Files go in by name and size: their folder may move.
func inputs(n *names, s Settings, c *chosen) (string, error) {
	h := sha256.New()
	write := json.NewEncoder(h)
	if err := errors.Join(write.Encode(Schema), write.Encode(s), write.Encode(n.taxa)); err != nil {
		return "", err
	}
	var last *medium
	for _, shot := range c.shots {
		if shot.m != last {
			last = shot.m
			for _, path := range last.files {
				info, err := os.Stat(path)
				if err != nil {
					return "", err
				}
				size := info.Size()
				if info.IsDir() {
					size = 0
				}
				stated := []any{last.deployment, last.Name, last.W, last.H, filepath.Base(path), size}
				if last.place != "" {
					stated = append(stated, last.place)
				}
				if err := write.Encode(stated); err != nil {
					return "", err
				}
			}
		}
		said := []any{shot.at, shot.whole, shot.boxes}
		if shot.partial() {
			said = append(said, "partial")
		}
		if err := write.Encode(said); err != nil {
			return "", fmt.Errorf("%s: %w", shot.m.Name, err)
		}
	}
	if err := errors.Join(write.Encode(c.gaps), write.Encode(c.dropped)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// build is one making of a dataset.
type build struct {
	dir      string
	s        Settings
	chosen   *chosen
	inputs   string
	stems    []string // of their files, without extension
	results  []result // by shot
	journal  *journal
	progress Progress
	total    int

	mu   sync.Mutex
	done int
}

// result is what became of a shot.
type result struct {
	Shot   int    `json:"shot"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	W      int    `json:"w"`
	H      int    `json:"h"`
	FullW  int    `json:"full_w"`
	FullH  int    `json:"full_h"`
	Look   string `json:"dhash"`
	// Drawn is how the boxes are turned to lie on the picture; 0: not at all.
	Drawn frame.Orientation `json:"drawn,omitempty"`
	gap   string            // why there is none
}

func (b *build) run(ctx context.Context, n *names) (*Manifest, error) {
	if m, err := finished(ctx, b.dir, b.inputs); m != nil || err != nil {
		return m, err
	}
	var err error
	if b.journal, err = openJournal(b.dir, b.inputs, b.total); err != nil {
		return nil, err
	}
	defer b.journal.close()
	for _, r := range b.journal.finished(b.dir) {
		if strings.HasPrefix(r.File, imagesName+"/"+b.stems[r.Shot]+".") {
			b.results[r.Shot] = r
			b.done++
		}
	}
	b.tell(0)
	if err := b.take(ctx); err != nil {
		return nil, err
	}
	m, err := b.manifest(n)
	if err != nil {
		return nil, err
	}
	return m, b.freeze(m)
}

// tell reports that n more frames are done. The caller holds no lock.
func (b *build) tell(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += n
	if b.progress != nil {
		b.progress(b.done, b.total)
	}
}

// take takes all frames that are not there yet: pictures one by one, videos a segment at a time.
func (b *build) take(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work, err := b.work(ctx)
	if err != nil {
		return err
	}
	queue := make(chan func(context.Context) error)
	var wait sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), max(1, len(work))) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for job := range queue {
				if err := job(ctx); err != nil {
					cancel(err)
				}
			}
		}()
	}
	for _, job := range work {
		select {
		case queue <- job:
		case <-ctx.Done():
		}
	}
	close(queue)
	wait.Wait()
	return context.Cause(ctx)
}

// work lists what is to be done.
func (b *build) work(ctx context.Context) ([]func(context.Context) error, error) {
	var work []func(context.Context) error
	byClip := map[*clip][]int{}
	for i, shot := range b.chosen.shots {
		if shot.clip != nil {
			byClip[shot.clip] = append(byClip[shot.clip], i)
		} else if b.results[i].File == "" {
			work = append(work, func(context.Context) error { return b.picture(i) })
		}
	}
	for _, clip := range b.chosen.clips {
		var wanted []frame.Instant
		for _, i := range byClip[clip] {
			wanted = append(wanted, b.chosen.shots[i].at)
		}
		plan, err := clip.dive.PlanExact(ctx, wanted)
		if err != nil {
			return nil, err
		}
		reader := clipReader{b: b, clip: clip, shots: byClip[clip]}
		reader.missing(plan.Gaps)
		for _, segment := range plan.Segments {
			if !reader.all(segment) {
				work = append(work, func(ctx context.Context) error { return reader.read(ctx, segment) })
			}
		}
	}
	return work, nil
}

// picture takes a still.
func (b *build) picture(i int) error {
	m := b.chosen.shots[i].m
	p, file, err := readStill(m.files[0])
	if broken := damaged(""); errors.As(err, &broken) {
		b.results[i] = result{Shot: i, gap: err.Error()}
		b.tell(1)
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	w, h := stored(p.w, p.h, b.s.LongSide)
	r := result{Shot: i, W: w, H: h, FullW: p.w, FullH: p.h, Look: lookText(look(p.pix, p.w, p.h)), Drawn: p.drawnAs(m.W, m.H)}
	ext := p.ext
	if !p.plain || w != p.w || h != p.h {
		if file, ext, err = encode(scaled(p.pix, p.w, p.h, w, h), w, h, b.s); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return b.keep(r, file, ext)
}

// keep writes a finished picture and notes it.
func (b *build) keep(r result, file []byte, ext string) error {
	sum := sha256.Sum256(file)
	r.SHA256 = hex.EncodeToString(sum[:])
	r.File = imagesName + "/" + b.stems[r.Shot] + "." + ext
	path := filepath.Join(b.dir, filepath.FromSlash(r.File))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return disk.Explain(path, err)
	}
	if err := disk.WriteLoose(path, whole(file)); err != nil {
		return err
	}
	b.results[r.Shot] = r
	if err := b.journal.note(r); err != nil {
		return err
	}
	b.tell(1)
	return nil
}

// stem names a shot's file: its deployment, its media and time for people, and a hash of the exact names.
func stem(s *shot) string {
	base := s.m.Name[strings.LastIndexAny(s.m.Name, `/\`)+1:]
	base = strings.TrimSuffix(base, filepath.Ext(base))
	name := slug(base)
	if s.clip != nil {
		name += fmt.Sprintf("_%010.3f", s.seconds())
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d\x00%d", s.m.deployment, s.m.Name, s.at.Chapter, s.at.PTS))
	return slug(s.m.deployment) + "/" + name + "_" + hex.EncodeToString(sum[:4])
}

// slug keeps of a name what every file system takes.
func slug(name string) string {
	out := strings.Map(func(r rune) rune {
		if r < 128 && (r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-') {
			return r
		}
		return '_'
	}, name)
	if len(out) > 60 {
		out = out[:60]
	}
	if out == "" {
		out = "_"
	}
	return out
}

// manifest puts the results together.
func (b *build) manifest(n *names) (*Manifest, error) {
	m := &Manifest{Schema: Schema, Name: b.s.Name, Settings: b.s, Inputs: b.inputs,
		Gaps: slices.Clone(b.chosen.gaps), Dropped: slices.Clone(b.chosen.dropped), Warnings: slices.Clone(b.chosen.warnings)}
	scaledFrom := map[*medium]bool{}
	for i, shot := range b.chosen.shots {
		r := b.results[i]
		lost := r.gap
		kx, ky := 1.0, 1.0
		onStored := r.Drawn > frame.Upright // and the stated size is that of the stored pixels
		if !onStored && lost == "" && shot.m.W > 0 && shot.m.H > 0 && (shot.m.W != r.FullW || shot.m.H != r.FullH) {
			kx, ky = float64(r.FullW)/float64(shot.m.W), float64(r.FullH)/float64(shot.m.H)
			if math.Abs(kx/ky-1) > 0.02 {
				lost = fmt.Sprintf("its boxes were drawn on %d×%d pixels, and it has %d×%d: is it another file?", shot.m.W, shot.m.H, r.FullW, r.FullH)
			} else if !scaledFrom[shot.m] {
				scaledFrom[shot.m] = true
				m.Warnings = append(m.Warnings, fmt.Sprintf("%s: its boxes were drawn on %d×%d pixels and are scaled to %d×%d",
					shot.m.Name, shot.m.W, shot.m.H, r.FullW, r.FullH))
			}
		}
		if lost != "" {
			m.Gaps = append(m.Gaps, Gap{Deployment: shot.m.deployment, Media: shot.m.Name, Time: shot.seconds(), Boxes: len(shot.boxes), Reason: lost})
			continue
		}
		p := Picture{File: r.File, SHA256: r.SHA256, Deployment: shot.m.deployment, Media: shot.m.Name, Time: shot.seconds(),
			PTS: shot.at.PTS, Chapter: shot.at.Chapter, W: r.W, H: r.H, FullW: r.FullW, FullH: r.FullH, Look: r.Look, Whole: shot.whole, Partial: shot.partial(), Boxes: []Box{}}
		kx, ky = kx*float64(r.W)/float64(r.FullW), ky*float64(r.H)/float64(r.FullH)
		for _, box := range shot.boxes {
			if onStored {
				box.Box = r.Drawn.Box(box.Box, float64(shot.m.W), float64(shot.m.H))
			}
			if fitted, ok := b.fit(box, kx, ky, r); ok {
				p.Boxes = append(p.Boxes, fitted)
			} else {
				m.Dropped = append(m.Dropped, Dropped{Deployment: p.Deployment, Media: p.Media, Time: p.Time, Label: box.Taxon, Reason: "the box lies outside the picture"})
			}
		}
		p.Labels = LabelHash(p.Boxes)
		m.Pictures = append(m.Pictures, p)
	}
	if len(m.Pictures) == 0 {
		return nil, fmt.Errorf("none of the %d frames could be decoded; the first: %s: %s", len(m.Gaps), m.Gaps[0].Media, m.Gaps[0].Reason)
	}
	if len(slices.DeleteFunc(slices.Clone(m.Pictures), func(p Picture) bool { return p.Partial })) == 0 {
		m.Warnings = append(m.Warnings, allPartial)
	}
	for _, t := range n.taxa {
		m.Taxa = append(m.Taxa, Taxon{Taxon: t})
	}
	if err := m.divide(b.chosen.left); err != nil {
		return nil, err
	}
	places := b.places()
	for i := range m.Deployments {
		m.Deployments[i].Site = places[m.Deployments[i].Name]
	}
	return m, nil
}

// places are where the deployments are; none where its media are of several places.
func (b *build) places() map[string]string {
	out := map[string]string{}
	for _, shot := range b.chosen.shots {
		at, ok := out[shot.m.deployment]
		if out[shot.m.deployment] = shot.m.place; ok && at != shot.m.place {
			out[shot.m.deployment] = severalPlaces
		}
	}
	for name, at := range out {
		if at == severalPlaces {
			delete(out, name)
		}
	}
	return out
}

// severalPlaces is no name of a place.
const severalPlaces = "\x00"

// fit brings a box into the stored picture; false where it lies outside.
func (b *build) fit(box Box, kx, ky float64, r result) (Box, bool) {
	scaled := frame.Box{X0: box.X0 * kx, Y0: box.Y0 * ky, X1: box.X1 * kx, Y1: box.Y1 * ky}
	inside := scaled.Clip(float64(r.W), float64(r.H))
	box.Truncated = box.Truncated || inside != scaled
	round := func(v float64) float64 { return math.Round(v*100) / 100 }
	box.Box = frame.Box{X0: round(inside.X0), Y0: round(inside.Y0), X1: round(inside.X1), Y1: round(inside.Y1)}
	if box.Ignore == "" && min(box.W(), box.H()) < b.s.MinBox {
		box.Ignore = Small
	}
	return box, box.Area() > 0
}

// freeze writes the manifest, last of all, and removes what was for building only.
func (b *build) freeze(m *Manifest) error {
	var text, sums bytes.Buffer
	if err := m.write(&text); err != nil {
		return err
	}
	sum := sha256.Sum256(text.Bytes())
	m.hash = hex.EncodeToString(sum[:])
	if err := m.sums(&sums); err != nil {
		return err
	}
	if err := sweep(b.dir, m); err != nil {
		return err
	}
	if err := disk.WriteFile(filepath.Join(b.dir, sumsName), whole(sums.Bytes())); err != nil {
		return err
	}
	if err := disk.WriteFile(filepath.Join(b.dir, manifestName), whole(text.Bytes())); err != nil {
		return err
	}
	return b.journal.remove()
}
