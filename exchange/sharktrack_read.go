package exchange

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"requin/annotate"
)

// sharkTables are the files of a folder in the order of reading: the full paths come first.
var sharkTables = []string{"overview.csv", "internal_results/overview.csv", "output.csv", "internal_results/output.csv", "maxn.csv", "analysed/maxn.csv", "max_n.csv"}

func readSharkTrack(in Input) annotate.Records {
	if in.Name != "." {
		return func(yield func(annotate.Record, error) bool) {
			(&sharkReader{in: in, yield: yield}).file(in)
		}
	}
	return func(yield func(annotate.Record, error) bool) {
		r, found := &sharkReader{in: in, yield: yield, folder: true, sizes: map[string][]annotate.Media{}}, false
		if err := r.measure(); err != nil {
			yield(nil, err)
			return
		}
		for _, name := range sharkTables {
			if _, err := fs.Stat(in.FS, name); errors.Is(err, fs.ErrNotExist) {
				continue
			}
			found = true
			part := in
			part.Name = name
			if !r.file(part) {
				return
			}
		}
		if !found {
			yield(nil, fmt.Errorf("SharkTrack folder: there is none of %s", strings.Join(sharkTables, ", ")))
		}
	}
}

// measure reads the size of each video in a folder's output, which comes after the overview.
func (r *sharkReader) measure() error {
	for _, name := range sharkTables {
		if _, err := fs.Stat(r.in.FS, name); err != nil || path.Base(name) != "output.csv" {
			continue
		}
		part := r.in
		part.Name = name
		for record, err := range readSharkTrack(part) {
			if err != nil {
				return err
			}
			if m, ok := record.(annotate.Media); ok {
				r.sizes[path.Base(m.Name)] = append(r.sizes[path.Base(m.Name)], m)
			}
		}
	}
	return nil
}

// sharkReader holds what was given already.
type sharkReader struct {
	in      Input
	yield   func(annotate.Record, error) bool
	folder  bool
	media   map[string]annotate.Media
	ends    map[string][]string          // of a folder's overview: media by their last element
	sizes   map[string][]annotate.Media  // of a folder's output: media with their sizes by their last element
	tracks  map[[2]string]string         // track_metadata by media and id
	folders map[string]map[string]string // what follows from a media
	listed  map[string]struct{}          // media that overview.csv listed: twice is an error
	t       *table                       // the one being read
	send    func(annotate.Record) bool
	at      sharkColumns
}

// sharkColumns are the places of what all tables and all generations have, -1 where one is lacking.
type sharkColumns struct {
	path, name, frame, time, label int
	others                         []int    // columns kept in Extra
	names                          []string // theirs
}

// file reads one table; false at an error or where no more is wanted.
func (r *sharkReader) file(in Input) bool {
	more := true
	for record, err := range streamTable(in, "SharkTrack table", r.table) {
		if more = r.yield(record, err) && err == nil; !more {
			break
		}
	}
	return more
}

func (r *sharkReader) table(t *table, send func(annotate.Record) bool) error {
	if r.media == nil {
		r.media, r.ends, r.tracks = map[string]annotate.Media{}, map[string][]string{}, map[[2]string]string{}
		r.folders = map[string]map[string]string{}
	}
	r.t, r.send, r.listed = t, send, map[string]struct{}{}
	r.at = sharkColumns{name: t.column("video_name"), frame: t.column("frame"), time: t.column("time", "time_sample"), label: t.column("label", "class")}
	var err error
	if r.at.path, err = t.need("video_path", "chapter_path", "video_name"); err != nil {
		return err
	}
	switch {
	case t.column("xmin") >= 0:
		return r.output()
	case t.column("n") >= 0:
		return r.maxn()
	case t.column("tracks_found") >= 0:
		return r.overview()
	}
	return fmt.Errorf("%s, line 1: this is no table of SharkTrack: it should have the columns xmin,ymin,xmax,ymax (output.csv), n (maxn.csv) or tracks_found (overview.csv); the columns are %.400s",
		t.what, strings.Join(t.header, ", "))
}

// others finds the columns that are not among those given; two of one name, or one without, cannot be told apart.
func (r *sharkReader) others(known ...int) error {
	seen := map[string]bool{}
	for i, name := range r.t.header {
		if slices.Contains(known, i) {
			continue
		}
		if key := fold(name); key == "" || seen[key] || slices.ContainsFunc(known, func(k int) bool { return k >= 0 && fold(r.t.header[k]) == key }) {
			return fmt.Errorf("%s, line 1: column %d is called %q, which is no name or the name of another column: give it one of its own", r.t.what, i+1, name)
		} else {
			seen[key] = true
		}
		r.at.others, r.at.names = append(r.at.others, i), append(r.at.names, sharkName(name))
	}
	return nil
}

// video is the name of the row's media, which is given first where it comes up first.
func (r *sharkReader) video(w, h int, extra annotate.Extra) (name string, more bool, err error) {
	name = strings.ReplaceAll(r.t.word(r.at.path), `\`, "/")
	if name == "" || name == "." { // one video was analysed, not a folder
		name = strings.ReplaceAll(r.t.word(r.at.name), `\`, "/")
	}
	if name == "" || name == "." {
		return "", false, r.t.wrong(r.at.path, "it should be the path of a video")
	}
	if _, ok := r.media[name]; !ok && r.folder {
		var longer []string
		for _, full := range r.ends[path.Base(name)] {
			if strings.HasSuffix(full, "/"+strings.TrimLeft(name, "/")) {
				longer = append(longer, full)
			}
		}
		if len(longer) == 1 {
			name = longer[0]
		}
	}
	if _, ok := r.media[name]; ok {
		return name, true, nil
	}
	m := annotate.Media{Name: name, Video: true, W: w, H: h, Rate: r.in.Rate, Extra: extra}
	if base := path.Base(name); extra != nil {
		r.ends[base] = append(r.ends[base], name)
		for _, sized := range r.sizes[base] {
			if sized.Name == name || strings.HasSuffix(name, "/"+sized.Name) {
				m.W, m.H = sized.W, sized.H
			}
		}
	}
	r.media[name] = m
	return name, r.send(m), nil
}

// when is the frame and the time of the row.
func (r *sharkReader) when() (number int, m annotate.Mark, err error) {
	m.Time = annotate.None
	if m.Frame, err = r.t.frameNumber(r.at.frame); err != nil {
		return 0, m, err
	}
	cell := r.t.text(r.at.time)
	if missing(cell) {
		return m.Frame, m, nil
	}
	t, exact, ok := parseSharkTime(cell)
	if !ok {
		return 0, m, r.t.wrong(r.at.time, sharkTimeWant)
	}
	if rate := r.in.Rate; !exact && m.Frame >= 0 && rate.Num > 0 && rate.Den > 0 {
		if t, ok = sharper(t, m.Frame, rate); !ok {
			return 0, m, r.t.wrong(r.at.time, fmt.Sprintf("frame %d is not in that second at %v frames a second: give the rate in which the frames are counted, or none", m.Frame, rate))
		}
	}
	m.Time = t
	return m.Frame, m, nil
}

// extra keeps what the row says beyond what follows from its path, its media and the fields given.
func (r *sharkReader) extra(follows map[string]string) annotate.Extra {
	var extra annotate.Extra
	for i, column := range r.at.others {
		name := r.at.names[i]
		if cell := r.t.word(column); cell != "" && cell != follows[name] {
			if extra == nil {
				extra = annotate.Extra{}
			}
			extra["sharktrack."+name] = cell
		}
	}
	return extra
}

// sharkFolders is what follows from a path: the video's name and its folders.
func sharkFolders(media string) map[string]string {
	follows := map[string]string{"video_name": path.Base(media)}
	if dir := path.Dir(media); dir != "." && dir != "/" {
		for i, folder := range strings.Split(strings.TrimPrefix(dir, "/"), "/") {
			if i == deepestFolder {
				break
			}
			follows["folder"+strconv.Itoa(i+1)] = folder
		}
	}
	return follows
}

// deepestFolder bounds the columns folder1, folder2, ... of a table.
const deepestFolder = 16

// output reads output.csv.
func (r *sharkReader) output() error {
	t := r.t
	var box [4]int
	for i, name := range []string{"xmin", "ymin", "xmax", "ymax"} {
		var err error
		if box[i], err = t.need(name); err != nil {
			return err
		}
	}
	index := -1
	if t.header[0] == "" {
		index = 0
	}
	w, h, confidence, track, about := t.column("w"), t.column("h"), t.column("confidence"), t.column("track_id"), t.column("track_metadata")
	if err := r.others(index, box[0], box[1], box[2], box[3], confidence, track, r.at.path, r.at.frame, r.at.time, r.at.label); err != nil {
		return err
	}
	for t.next() {
		_, m, err := r.when()
		if err != nil {
			return err
		}
		if m.Frame < 0 && m.Time < 0 {
			return t.wrong(max(r.at.time, 0), "neither the frame nor the time is stated: give one of them")
		}
		width, errW := t.size(w)
		height, errH := t.size(h)
		b, errB := t.box(box[0], box[1], box[2], box[3])
		if err := errors.Join(errW, errH, errB); err != nil {
			return err
		}
		if b == nil {
			return t.wrong(box[0], "it should be a number: a row needs a box")
		}
		score, err := t.number(confidence)
		if err != nil {
			return err
		}
		more := true
		if m.Media, more, err = r.video(width, height, nil); err != nil || !more {
			return err
		}
		m.ID, m.Track, m.Shape = t.word(index), t.word(track), annotate.BoxShape(*b)
		if name := t.word(r.at.label); name != "" || score != nil {
			m.Names = []annotate.Name{{Label: name}}
			if score != nil {
				m.Names[0].Score, m.Names[0].Scored = *score, true
			}
		}
		if !r.track(m.Media, m.Track, t.word(about)) {
			return nil
		}
		m.Extra = r.extra(r.follows(m, about))
		if !r.send(m) {
			return nil
		}
	}
	return nil
}

// track gives a track where it comes up first.
func (r *sharkReader) track(media, id, about string) bool {
	key := [2]string{media, id}
	if _, ok := r.tracks[key]; ok || id == "" {
		return true
	}
	r.tracks[key] = about
	record := annotate.Track{Media: media, ID: id}
	if about != "" && about != media+"/"+id {
		record.Extra = annotate.Extra{"sharktrack.track_metadata": about}
	}
	return r.send(record)
}

// follows is what the cells of a mark's row say that other records say already.
func (r *sharkReader) follows(m annotate.Mark, about int) map[string]string {
	follows := r.folders[m.Media]
	if follows == nil {
		media := r.media[m.Media]
		follows = sharkFolders(m.Media)
		follows["w"], follows["h"] = countText(media.W), countText(media.H)
		r.folders[m.Media] = follows
	}
	delete(follows, "track_metadata")
	if m.Track != "" && about >= 0 {
		if follows["track_metadata"] = r.tracks[[2]string{m.Media, m.Track}]; follows["track_metadata"] == "" {
			follows["track_metadata"] = m.Media + "/" + m.Track
		}
	}
	return follows
}

// maxn reads maxn.csv, max_n.csv and max_n_single.csv.
func (r *sharkReader) maxn() error {
	t := r.t
	n := t.column("n")
	if err := r.others(n, r.at.path, r.at.time, r.at.label); err != nil {
		return err
	}
	for t.next() {
		_, m, err := r.when()
		if err != nil {
			return err
		}
		value, err := t.integer(n)
		if err != nil || value < 0 {
			return t.wrong(n, "it should be a number of animals, a whole number from 0")
		}
		media, more, err := r.video(0, 0, nil)
		if err != nil || !more {
			return err
		}
		extra := r.extra(sharkFolders(media))
		verified, err := takeVerified(extra, sharkCell)
		if err != nil {
			return fmt.Errorf("%s, line %d: requin_%w", t.what, t.line, err)
		}
		if len(extra) == 0 {
			extra = nil
		}
		c := annotate.Count{Media: media, Label: t.word(r.at.label), Value: float64(value), Time: m.Time, Verified: verified, Extra: extra}
		if c.Label == "" {
			return t.wrong(max(r.at.label, 0), "it should be the class that was counted (column label or class)")
		}
		if !r.send(c) {
			return nil
		}
	}
	return nil
}

// overview reads overview.csv.
func (r *sharkReader) overview() error {
	n := r.t.column("tracks_found")
	if err := r.others(n, r.at.path, r.at.name); err != nil {
		return err
	}
	if len(r.at.others) > 0 {
		return fmt.Errorf("%s, line 1: an overview has the columns video_path and tracks_found alone, not %q", r.t.what, r.t.header[r.at.others[0]])
	}
	for r.t.next() {
		if v, err := r.t.integer(n); err != nil || v < 0 {
			return r.t.wrong(n, "it should be a number of tracks, a whole number from 0")
		}
		name, more, err := r.video(0, 0, annotate.Extra{"sharktrack.tracks_found": r.t.word(n)})
		if err != nil || !more {
			return err
		}
		if _, twice := r.listed[name]; twice {
			return r.t.wrong(r.at.path, "this video has a line already: give each one")
		}
		r.listed[name] = struct{}{}
	}
	return nil
}
