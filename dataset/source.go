package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"requin/annotate"
	"requin/taxon"
)

// Source is what a dataset is built from.
type Source struct {
	// Records state the truth: Media, Track, Mark and Look are read, in any order, and of each Deployment where it is; others are passed over.
	Records annotate.Records
	// Taxa are the classes, in the order of a trainer's class numbers. A label means the
	// taxon that claims it: by its name, its common name or one of its Classes (taxon.Fold).
	Taxa taxon.List
	// Files are the files behind a media: of a picture one, of a video its chapters in
	// order (the times of its marks then count over all of them).
	Files func(annotate.Media) ([]string, error)
	// Deployment names the deployment of a media, on which the split rests. nil, or "" from it: Media.Deployment;
	// lacking that, the video itself, and of a picture its folder.
	Deployment func(annotate.Media) string
	// Alone tells a mark that says nothing of the rest of its frame, which is Partial then unless a Look is at it or
	// another mark lies in it that is not alone. nil: all that is in a frame was marked.
	Alone func(annotate.Mark) bool
}

// medium is one media with what was stated of it.
type medium struct {
	annotate.Media
	deployment string
	place      string // where that is; "": not known
	alone      func(annotate.Mark) bool
	tracks     map[string]annotate.Track
	marks      []annotate.Mark
	looks      []annotate.Look
	files      []string
}

// group is the deployment that a media belongs to.
func (s Source) group(m annotate.Media) string {
	if s.Deployment != nil {
		if name := s.Deployment(m); name != "" {
			return name
		}
	}
	switch folder := path.Dir(strings.ReplaceAll(m.Name, `\`, "/")); {
	case m.Deployment != "":
		return m.Deployment
	case m.Video:
		return m.Name
	default:
		return folder
	}
}

// gather sorts the records by media, in order of deployments and names.
func (s Source) gather() ([]*medium, error) {
	byName, places := map[string]*medium{}, map[string]string{}
	var list []*medium
	of := func(name string) *medium {
		m := byName[name]
		if m == nil {
			m = &medium{Media: annotate.Media{Name: name}, alone: s.Alone, tracks: map[string]annotate.Track{}}
			byName[name] = m
		}
		return m
	}
	for record, err := range s.Records {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case annotate.Media:
			m := of(r.Name)
			if m.deployment != "" {
				return nil, fmt.Errorf("the media %q is stated twice: its name must be unique", r.Name)
			}
			m.Media, m.deployment = r, s.group(r)
			list = append(list, m)
		case annotate.Deployment:
			places[r.OpCode] = r.Place()
		case annotate.Track:
			m := of(r.Media)
			m.tracks[r.ID] = r
		case annotate.Mark:
			m := of(r.Media)
			m.marks = append(m.marks, r)
		case annotate.Look:
			m := of(r.Media)
			m.looks = append(m.looks, r)
		}
	}
	for name, m := range byName {
		m.place = places[m.Deployment]
		if m.deployment == "" {
			return nil, fmt.Errorf("%d marks are of the media %q, which is not stated", len(m.marks)+len(m.looks), name)
		}
	}
	slices.SortFunc(list, func(a, b *medium) int {
		return cmp.Or(cmp.Compare(a.deployment, b.deployment), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

// resolve finds the files of each media of which something was stated.
func (s Source) resolve(list []*medium) error {
	if s.Files == nil {
		return errors.New("no function tells the files of the media")
	}
	var wrong []error
	for _, m := range list {
		if len(m.marks)+len(m.looks) == 0 || m.Failure != "" {
			continue
		}
		files, err := s.Files(m.Media)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case len(files) == 0 || !m.Video && len(files) != 1:
			wrong = append(wrong, fmt.Errorf("%s: %d files for it", m.Name, len(files)))
		}
		m.files = files
	}
	return several(wrong, "media")
}

// several joins errors, the first few in words.
func several(errs []error, what string) error {
	const most = 10
	if n := len(errs); n > most {
		errs = append(slices.Clone(errs[:most]), fmt.Errorf("and %d more %s", n-most, what))
	}
	return errors.Join(errs...)
}

// names maps labels to taxa.
type names struct {
	taxa   taxon.List
	claims map[string]int
}

// claims says which label means which taxon: what the taxa claim of a model's classes, and their own
// names, which a person may write whatever a model calls them.
func (s Source) claims() (*names, error) {
	n := &names{taxa: slices.Clone(s.Taxa)}
	for i := range n.taxa {
		if n.taxa[i].Role == "" {
			n.taxa[i].Role = taxon.Studied
		}
	}
	var err error
	if n.claims, err = n.taxa.Claims(); err != nil {
		return nil, err
	}
	for i, t := range n.taxa {
		for _, own := range []string{t.Name, t.Common} {
			if _, taken := n.claims[taxon.Fold(own)]; own != "" && !taken {
				n.claims[taxon.Fold(own)] = i
			}
		}
	}
	return n, nil
}

// of is the taxon of a label.
func (n *names) of(label string) (string, bool) {
	i, ok := n.claims[taxon.Fold(label)]
	if !ok {
		return "", false
	}
	return n.taxa[i].Name, true
}

// label is what a mark was called: by itself, or by its track.
func (m *medium) label(mark annotate.Mark) string {
	if label := annotate.Best(mark.Names); label != "" || mark.Track == "" {
		return label
	}
	return annotate.Best(m.tracks[mark.Track].Names)
}

// settle sees to labels that no taxon claims: as an error that lists them, or each as a context taxon.
func (n *names) settle(list []*medium, unknown string) error {
	counts := map[string]int{}
	spelled := map[string]string{}
	for _, m := range list {
		for _, mark := range m.marks {
			label := m.label(mark)
			if _, ok := n.of(label); ok || mark.Outside && label == "" {
				continue
			}
			key := taxon.Fold(label)
			counts[key]++
			if spelled[key] == "" || label < spelled[key] {
				spelled[key] = label
			}
		}
	}
	keys := make([]string, 0, len(counts))
	for key := range counts {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	if len(keys) == 0 {
		return nil
	}
	if unknown == "context" && counts[""] == 0 {
		slices.Sort(keys)
		for _, key := range keys {
			n.claims[key] = len(n.taxa)
			n.taxa = append(n.taxa, taxon.Taxon{Name: spelled[key], Role: taxon.Context})
		}
		return nil
	}
	var said []string
	for _, key := range keys {
		if key == "" {
			said = append(said, fmt.Sprintf("no name at all: %d marks", counts[key]))
			continue
		}
		said = append(said, fmt.Sprintf("%q: %d marks", spelled[key], counts[key]))
	}
	advice := `add each to the taxa (as a taxon, or among the classes of one), or take them as context taxa with "unknown: context"`
	if counts[""] > 0 {
		advice += "; marks without a name must be named first"
	}
	return fmt.Errorf("labels that no taxon claims: %s: %s", strings.Join(said, ", "), advice)
}
