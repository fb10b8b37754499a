package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"requin/annotate"
)

// Source is a file, or a folder of files, that records came from.
type Source struct {
	Name   string    // by which people call it; with Format it is unique in a survey
	SHA256 string    // "" where it was not computed
	Format string    // as package exchange names it
	By     string    // who imported it
	At     time.Time // and when
	Notes  []string  // what of it could not be taken over, for people
}

// ImportOptions is how records find their place.
type ImportOptions struct {
	// Deployment names the deployment of a media that states none itself and whose file name is none of
	// a chapter's, or of chapters of several deployments; false where it belongs to none. It must not write to the
	// survey. May be nil.
	Deployment func(m annotate.Media) (opcode string, ok bool)
	// Replace lets an import take the place of an earlier one of the same name and format, which is refused otherwise.
	Replace bool
}

// Imported is how many records of each kind came in.
type Imported struct {
	Already bool // the same file, by its SHA-256 and file name, is here already, and was not to be replaced: nothing was done

	Deployments, Labels, Media, Tracks, Marks, Looks, Sightings, Lengths, Counts int

	Unplaced []string // media that belong to no deployment: they are kept
}

// Import keeps all records of a source, or none: then the survey is as it was before.
//
// A deployment, media or track that a record names is made if it was not stated,
// and takes on what is stated of it later in the stream; a media or track that is stated
// twice is an error. A deployment adds to what is known of it, as with
// PutDeployment, but never replaces chapters whose hashes are known by chapters
// without. A media belongs to the deployment it states, else to the one with a
// chapter of its file name, else to what opt.Deployment says; statements
// without an opcode likewise, by their media.
//
// The stream may read from the survey, but not write to it.
func (s *Survey) Import(ctx context.Context, src Source, records annotate.Records, opt ImportOptions) (Imported, error) {
	var out Imported
	err := s.write(ctx, func(tx *sql.Tx) error {
		im := &importing{ctx: context.WithoutCancel(ctx), tx: tx, opt: opt}
		imports, opcodes, err := importsOf(im.ctx, tx, src.Name)
		if err != nil {
			return err
		}
		if already, err := im.begin(src); err != nil || already {
			out = Imported{Already: already}
			return err
		}
		n := 0
		for record, err := range records {
			if err != nil {
				return err
			}
			if n++; n%256 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if err := im.take(record); err != nil {
				return fmt.Errorf("%s: %w", describe(record), err)
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		err = im.finish()
		out = im.out
		if err != nil {
			return err
		}
		return keepHashesOf(im.ctx, tx, src.Name, imports, opcodes)
	})
	if err != nil {
		return Imported{}, fmt.Errorf("%s: nothing was imported: %w", src.Name, err)
	}
	return out, nil
}

// importing is one import under way.
type importing struct {
	ctx    context.Context // never ends: see inserter.end
	tx     *sql.Tx
	opt    ImportOptions
	source int64
	out    Imported

	deployments map[string]int64 // by opcode
	spoken      map[int64]bool   // deployments that are noted as the source's
	media       map[string]int64 // some of the source's, by name
	tracks      map[trackKey]bool
	placed      map[string]int64 // some names, as place answers them

	labels, marks, looks, sightings, lengths, counts *inserter
	putMedia, putTrack, nameTrack, chapters          *sql.Stmt
	nextMedia, nextTrack                             int64
}

type trackKey struct {
	media int64
	id    string
}

// remembered is how many names an import keeps in memory to save asking for them.
const remembered = 1 << 14

// remember keeps a value under a key, and forgets the others when there are too many.
func remember[K comparable, V any](m map[K]V, key K, v V) {
	if len(m) >= remembered {
		clear(m)
	}
	m[key] = v
}

// begin makes room for a source; already where the same file is here.
func (im *importing) begin(src Source) (already bool, err error) {
	if strings.TrimSpace(src.Name) == "" {
		return false, errors.New("an import needs a name")
	}
	if here, err := im.here(src); err != nil || here && !im.opt.Replace {
		return here, err
	}
	var earlier int64
	err = im.tx.QueryRowContext(im.ctx, "SELECT id FROM sources WHERE name = ? AND format = ?", src.Name, src.Format).Scan(&earlier)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return false, err
	case !im.opt.Replace:
		return false, fmt.Errorf("another file of this name was imported already: replace that import, or give this one a name of its own")
	default:
		if err := removeRecords(im.ctx, im.tx, earlier); err != nil {
			return false, err
		}
	}
	var r row
	r.text(src.Name, src.Format, src.SHA256, src.By, moment(src.At))
	r.json(src.Notes)
	if r.err != nil {
		return false, r.err
	}
	err = im.tx.QueryRowContext(im.ctx, `INSERT INTO sources (id, name, format, sha256, imported_by, imported_at, notes)
		SELECT COALESCE(MAX(id), 0) + 1, ?, ?, ?, ?, ?, ? FROM sources RETURNING id`, r.values...).Scan(&im.source)
	if err != nil {
		return false, err
	}
	return false, im.prepare()
}

// here tells whether the same file was imported: of the same content and file name. (The name alone may
// say which video it is about: files in which nothing was seen are all the same.)
func (im *importing) here(src Source) (bool, error) {
	if src.SHA256 == "" {
		return false, nil
	}
	rows, err := im.tx.QueryContext(im.ctx, "SELECT name FROM sources WHERE sha256 = ? AND format = ?", src.SHA256, src.Format)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return false, err
		}
		if path.Base(name) == path.Base(src.Name) {
			return true, nil
		}
	}
	return false, rows.Err()
}

// prepare makes the statements of an import.
func (im *importing) prepare() error {
	im.deployments, im.spoken = map[string]int64{}, map[int64]bool{}
	im.media, im.tracks, im.placed = map[string]int64{}, map[trackKey]bool{}, map[string]int64{}
	for _, t := range []struct {
		into           **inserter
		table, columns string
	}{
		{&im.labels, "labels", "id, source, " + labelColumns},
		{&im.marks, "marks", "id, media, " + markColumns},
		{&im.looks, "looks", "id, media, " + lookColumns},
		{&im.sightings, "sightings", "id, source, deployment, " + sightingColumns},
		{&im.lengths, "lengths", "id, source, deployment, " + lengthColumns},
		{&im.counts, "counts", "id, source, deployment, " + countColumns},
	} {
		var err error
		if *t.into, err = numbered(im.ctx, im.tx, t.table, t.columns); err != nil {
			return err
		}
	}
	for _, s := range []struct {
		into  **sql.Stmt
		query string
	}{
		{&im.putMedia, upsert("media", "id, source, name, base, deployment, opcode, stated, "+mediaColumns, "source, name") + " RETURNING id"},
		{&im.putTrack, upsert("tracks", "id, media, track, stated, "+trackColumns, "media, track")},
		{&im.nameTrack, `INSERT INTO tracks (id, media, track, stated, label, stated_by, stated_at, stated_from)
			VALUES (?, ?, ?, FALSE, '', '', '', '') ON CONFLICT (media, track) DO NOTHING`},
	} {
		var err error
		if *s.into, err = im.tx.PrepareContext(im.ctx, s.query); err != nil {
			return err
		}
	}
	var err error
	if im.chapters, err = byName(im.ctx, im.tx); err != nil {
		return err
	}
	for table, next := range map[string]*int64{"media": &im.nextMedia, "tracks": &im.nextTrack} {
		if err := im.tx.QueryRowContext(im.ctx, "SELECT COALESCE(MAX(id), 0) + 1 FROM "+table).Scan(next); err != nil {
			return err
		}
	}
	return nil
}

// upsert inserts a row, or fills in one that records only named so far; a row that was stated stays as it is.
func upsert(table, columns, unique string) string {
	names := strings.Split(columns, ", ")
	var set []string
	for _, name := range names[1:] { // all but the id
		set = append(set, name+" = excluded."+name)
	}
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO UPDATE SET %s WHERE NOT %[1]s.stated",
		table, columns, placeholders(len(names)), unique, strings.Join(set, ", "))
}

// describe names a record for people.
func describe(record annotate.Record) string {
	switch r := record.(type) {
	case annotate.Deployment:
		return "deployment " + r.OpCode
	case annotate.Label:
		return "label " + r.Name
	case annotate.Media:
		return "media " + r.Name
	case annotate.Track:
		return fmt.Sprintf("track %s in %s", r.ID, r.Media)
	case annotate.Mark:
		return fmt.Sprintf("a mark in %s, frame %d", r.Media, r.Frame)
	case annotate.Look:
		return fmt.Sprintf("a look at %s, frame %d", r.Media, r.Frame)
	case annotate.Sighting:
		return fmt.Sprintf("a sighting in deployment %s, %s, frame %d", r.OpCode, r.Media, r.Frame)
	case annotate.Length:
		return fmt.Sprintf("a length in deployment %s, %s, frame %d", r.OpCode, r.Media, r.Frame)
	case annotate.Count:
		return fmt.Sprintf("a count of %s in deployment %s", r.Species.Scientific()+r.Label, r.OpCode)
	}
	return fmt.Sprintf("a record of an unknown kind (%T)", record)
}
