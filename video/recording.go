package video

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Recording is what a camera recorded without a stop, as the names of its files tell.
type Recording struct {
	Paths []string // its chapters in order
	// Missing are the files that the camera wrote before the first of these, where they do not lie beside it: see TooEarly.
	Missing []string
	// Fault says why the times of its chapters cannot be told: one is missing between others, or there twice. nil: they can.
	Fault error
}

// Left is what of a card is left out, and why.
type Left struct {
	Path, Why string
	// Lost tells that it may hold video that is wanted, and could not be read.
	Lost bool
}

func (l Left) String() string { return l.Path + ": " + l.Why }

// Recordings groups files into recordings: chapters by their names, any other file by itself. Left out are files that are there twice (by another name,
// or by a link) and low-resolution copies of what is there; a copy is taken where it is all there is.
func Recordings(paths []string) ([]Recording, []Left) {
	paths, left := once(paths)
	paths, copies := withoutCopies(paths)
	groups := map[string][]chapter{}
	var order []string
	for _, p := range paths {
		c := chapterOf(p)
		if groups[c.recording] == nil {
			order = append(order, c.recording)
		}
		groups[c.recording] = append(groups[c.recording], c)
	}
	var out []Recording
	for _, key := range order {
		out = append(out, recordingOf(groups[key]))
	}
	return out, append(left, copies...)
}

// recordingOf puts the chapters of one recording in order.
func recordingOf(chapters []chapter) Recording {
	slices.SortStableFunc(chapters, func(a, b chapter) int { return cmp.Compare(a.part, b.part) })
	var r Recording
	for i, c := range chapters {
		r.Paths = append(r.Paths, c.path)
		if i == 0 || r.Fault != nil {
			continue
		}
		switch before := chapters[i-1]; {
		case c.part == before.part:
			r.Fault = fmt.Errorf("%s and %s are the same chapter: name only one", before.path, c.path)
		case c.part != before.part+1:
			r.Fault = fmt.Errorf("chapter %d is missing between %s and %s: copy it (%s) from the card, or count the parts before and after it by themselves",
				before.part+1, before.path, c.path, filepath.Base(c.sibling(before.part+1)))
		}
	}
	r.Missing = missingBefore(chapters[0])
	return r
}

// missingBefore are the chapters that the camera wrote before one, where they do not lie beside it.
func missingBefore(first chapter) (missing []string) {
	for part := 1; first.named && part < first.part; part++ {
		name := first.sibling(part)
		if _, err := os.Stat(name); err != nil {
			missing = append(missing, filepath.Base(name))
		}
	}
	return missing
}

// TooEarly says what it means that files which the camera wrote before the first of these, by its name, do not lie beside it; "" where none is missing.
func TooEarly(paths []string) string {
	if len(paths) == 0 {
		return ""
	}
	missing := missingBefore(chapterOf(paths[0]))
	first := filepath.Base(paths[0])
	switch len(missing) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s goes on from a chapter that is missing (%s): times count from the start of %[1]s, so all of them are too early by the length of that chapter", first, missing[0])
	}
	return fmt.Sprintf("%s goes on from chapters that are missing (%s): times count from the start of %[1]s, so all of them are too early by the length of those chapters", first, strings.Join(missing, ", "))
}

// Siblings lists the later chapters of the same recording that lie beside a first chapter.
func Siblings(path string, names []string) []string {
	first := chapterOf(path)
	if !first.named || first.part > 1 {
		return nil
	}
	var out []string
	for _, n := range names {
		if c := chapterOf(n); c.recording == first.recording && c.part > 1 && strings.EqualFold(filepath.Ext(n), filepath.Ext(path)) {
			out = append(out, n)
		}
	}
	return out
}

// once leaves out files that are there already by another name or link. The file itself is kept rather than a link to it, else the first.
func once(paths []string) (kept []string, left []Left) {
	type file struct {
		path string
		info os.FileInfo
	}
	bySize := map[int64][]file{}
	for _, link := range []bool{false, true} {
		for _, p := range paths {
			direct, err := os.Lstat(p)
			if err != nil || direct.Mode()&os.ModeSymlink != 0 != link {
				continue
			}
			info, err := os.Stat(p)
			if err != nil {
				continue // whoever reads it will say so
			}
			same := slices.IndexFunc(bySize[info.Size()], func(f file) bool { return os.SameFile(f.info, info) })
			if same < 0 {
				bySize[info.Size()] = append(bySize[info.Size()], file{p, info})
			} else if other := bySize[info.Size()][same].path; filepath.Clean(other) != filepath.Clean(p) {
				left = append(left, Left{Path: p, Why: "is the same file as " + other})
			}
		}
	}
	named := map[string]bool{}
	for _, l := range left {
		named[filepath.Clean(l.Path)] = true
	}
	for _, p := range paths {
		if clean := filepath.Clean(p); !named[clean] {
			named[clean] = true
			kept = append(kept, p)
		}
	}
	return kept, left
}

// withoutCopies leaves out low-resolution copies. The original of one lies beside it, in the folder above, or in Sony's CLIP beside
// SUB; where another chapter of the original is there, the original of this one is missing.
func withoutCopies(paths []string) (kept []string, left []Left) {
	there := map[string]string{}  // originals by folder and stem in upper case
	recorded := map[string]bool{} // their recordings
	key := func(folder, name string) string { return filepath.Join(folder, strings.ToUpper(name)) }
	for _, p := range paths {
		if originals(p) == nil {
			there[key(filepath.Dir(p), stem(p))] = p
			recorded[chapterOf(p).recording] = true
		}
	}
	for _, p := range paths {
		original, missing := "", ""
		folder := filepath.Dir(p)
		above := filepath.Dir(folder)
		for _, name := range originals(p) {
			for _, place := range []string{folder, above, filepath.Join(above, "CLIP"), filepath.Join(above, "Clip")} {
				original = cmp.Or(original, there[key(place, name)])
				if c := chapterOf(filepath.Join(place, name+".MP4")); c.named && recorded[c.recording] {
					missing = cmp.Or(missing, filepath.Base(c.path))
				}
			}
		}
		switch {
		case original != "":
			left = append(left, Left{Path: p, Why: "is a low-resolution copy of " + original})
		case missing != "":
			left = append(left, Left{Path: p, Why: "is a low-resolution copy of " + missing + ", which is missing: copy that from the card", Lost: true})
		default:
			kept = append(kept, p)
		}
	}
	return kept, left
}

// IsCopy tells whether a file is, by its name, a low-resolution copy that a camera wrote.
func IsCopy(path string) bool { return originals(path) != nil }
