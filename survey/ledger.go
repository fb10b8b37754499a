package survey

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// The kinds of what the ledger keeps hashes of.
const (
	KeptDeployment  = "deployment"
	KeptImport      = "import"
	KeptTaxa        = "taxa"
	KeptDataset     = "dataset"
	KeptModel       = "model"
	KeptRun         = "run"
	KeptVerdict     = "verdict"
	KeptDeclaration = "declaration"
)

// keptPart is some of what belongs to one thing that was kept: rows of a table, in order. Places of files
// are left out, because files may move.
type keptPart struct {
	name    string
	columns string
	from    string // the rest of the query; ? is the thing's name
}

const (
	ofImport = " WHERE x.source = (SELECT id FROM sources WHERE format || ' ' || name = ?) ORDER BY x.id"
	ofMedia  = " x JOIN media m ON m.id = x.media WHERE m.source = (SELECT id FROM sources WHERE format || ' ' || name = ?) ORDER BY x.id"
	ofRun    = " x WHERE x.run = (SELECT nr FROM runs WHERE id = ?) ORDER BY x.position"
	ofDrop   = " x WHERE x.deployment = (SELECT id FROM deployments WHERE opcode = ?) ORDER BY x.position"
)

// partsOf are the parts of each kind, and names lists the things of it that there are.
var partsOf = map[string]struct {
	names string
	parts []keptPart
}{
	KeptDeployment: {"SELECT opcode FROM deployments", []keptPart{
		{"facts", "opcode, " + deploymentColumns, "deployments WHERE opcode = ?"},
		{"videos", "position, camera, size, sha256, offset_ns, duration_ns, frames, rate_num, rate_den, w, h, codec", "chapters" + ofDrop},
		{"periods", "position, name, from_ns, to_ns, no_end, extra", "periods" + ofDrop},
	}},
	KeptImport: {"SELECT format || ' ' || name FROM sources", []keptPart{
		{"source", "name, format, sha256, imported_by, imported_at", "sources WHERE format || ' ' || name = ?"},
		{"labels", prefixed("name, code, parent, attributes, extra"), "labels x" + ofImport},
		{"media", prefixed("name, opcode, stated, code, video, w, h, rate_num, rate_den, frames, failure, split, extra"), "media x" + ofImport},
		{"tracks", "m.name, " + prefixed("track, stated, label, score, names, attributes, stated_by, stated_at, stated_from, extra"), "tracks" + ofMedia},
		{"marks", "m.name, " + prefixed("code, track, frame, time_ns, kind, x0, y0, x1, y1, shape, label, score, names, still, drawn_between, outside, occluded, truncated, difficult, crowd, visibility, attributes, stated_by, stated_at, stated_from, extra"), "marks" + ofMedia},
		{"looks", "m.name, " + prefixed("frame, time_ns"), "looks" + ofMedia},
		{"sightings", prefixed("media, frame, time_ns, period, period_time_ns, family, genus, species, caab, number, stage, activity, comment, kind, x0, y0, x1, y1, shape, stated_by, stated_at, stated_from, extra"), "sightings x" + ofImport},
		{"lengths", prefixed("media, frame, time_ns, period, family, genus, species, caab, number, length_mm, precision_mm, rms_mm, range_mm, stage, activity, comment, stated_by, stated_at, stated_from, extra"), "lengths x" + ofImport},
		{"counts", prefixed("campaign, media, family, genus, species, caab, label, stage, metric, value, low, high, time_ns, stated_by, stated_at, stated_from, extra"), "counts x" + ofImport},
	}},
	KeptTaxa: {"SELECT '' FROM taxa LIMIT 1", []keptPart{
		{"list", "position, name, common, caab, aphia_id, role, classes, threshold", "taxa WHERE ? = '' ORDER BY position"},
		{"overlaps", "taxon, other", "taxon_overlaps WHERE ? = '' ORDER BY taxon, other"},
	}},
	KeptDataset: {"SELECT name FROM datasets", []keptPart{{"facts", "name, manifest, created, settings", "datasets WHERE name = ?"}}},
	KeptModel:   {"SELECT name FROM models", []keptPart{{"facts", "name, sha256, created, card", "models WHERE name = ?"}}},
	KeptRun: {"SELECT id FROM runs", []keptPart{
		{"facts", "d.opcode, " + prefixed("id, kind, run_key, started, finished, unreadable_ns, names, frames, detections, tracks"), "runs x LEFT JOIN deployments d ON d.id = x.deployment WHERE x.id = ?"},
		{"record", "record", "runs WHERE id = ?"},
		{"counts", "result", "runs WHERE id = ?"},
		{"detections", prefixed("time_ns, chapter, pts, base_num, base_den, detections"), "run_frames" + ofRun},
		{"tracks", prefixed("track, taxon, scores, first_ns, last_ns, points"), "run_tracks" + ofRun},
		{"MaxN", prefixed("taxon, maxn, tmaxn_ns"), "run_maxn" + ofRun},
	}},
	KeptVerdict: {"SELECT CAST(id AS TEXT) FROM verdicts", []keptPart{
		{"verdict", "v.id, d.opcode, v.run, v.kind, v.track, v.time_ns, v.before, v.after, v.stated_by, v.stated_at", "verdicts v JOIN deployments d ON d.id = v.deployment WHERE v.id = CAST(? AS INTEGER)"},
	}},
	KeptDeclaration: {"SELECT name FROM declarations", []keptPart{{"facts", "name, value, stated_by, stated_at", "declarations WHERE name = ?"}}},
}

// prefixed are columns of the table x.
func prefixed(columns string) string { return "x." + strings.ReplaceAll(columns, ", ", ", x.") }

// query gives one text a row, in which every column is written so that different values read differently.
func (p keptPart) query() string {
	var quoted []string
	for c := range strings.SplitSeq(p.columns, ",") {
		quoted = append(quoted, "quote("+strings.TrimSpace(c)+")")
	}
	return "SELECT " + strings.Join(quoted, " || ',' || ") + " FROM " + p.from
}

// digests are the SHA-256 of the parts of something as it is now; nil where there is no such thing.
func digests(ctx context.Context, tx *sql.Tx, kind, name string) (map[string]string, error) {
	out := map[string]string{}
	rows := 0
	for _, p := range partsOf[kind].parts {
		sum := sha256.New()
		n := 0
		err := each(ctx, tx, p.query(), []any{name}, func(r *sql.Rows) error {
			var line sql.RawBytes
			if err := r.Scan(&line); err != nil {
				return err
			}
			n++
			return hashLine(sum, line)
		})
		if err != nil {
			return nil, fmt.Errorf("%s %s, %s: %w", kind, name, p.name, err)
		}
		if rows += n; n > 0 {
			out[p.name] = hex.EncodeToString(sum.Sum(nil))
		}
	}
	if rows == 0 {
		return nil, nil
	}
	return out, nil
}

func hashLine(sum io.Writer, line []byte) error {
	_, err := fmt.Fprintf(sum, "%d:%s", len(line), line)
	return err
}

// importsOf are the names in the ledger of the imports of a source, and the opcodes that they speak of.
func importsOf(ctx context.Context, tx *sql.Tx, source string) (imports, opcodes []string, err error) {
	take := func(into *[]string) func(rows *sql.Rows) error {
		return func(rows *sql.Rows) error {
			var name string
			err := rows.Scan(&name)
			*into = append(*into, name)
			return err
		}
	}
	if err = each(ctx, tx, "SELECT format || ' ' || name FROM sources WHERE name = ?", []any{source}, take(&imports)); err == nil {
		err = each(ctx, tx, `SELECT DISTINCT d.opcode FROM deployments d JOIN deployment_sources x ON x.deployment = d.id JOIN sources s ON s.id = x.source
			WHERE s.name = ?`, []any{source}, take(&opcodes))
	}
	return imports, opcodes, err
}

// keepHashesOf appends what imports of a source have become, and the deployments that they spoke of before and speak of now.
func keepHashesOf(ctx context.Context, tx *sql.Tx, source string, imports, opcodes []string) error {
	nowImports, nowOpcodes, err := importsOf(ctx, tx, source)
	if err != nil {
		return err
	}
	for kind, names := range map[string][]string{KeptImport: slices.Concat(imports, nowImports), KeptDeployment: slices.Concat(opcodes, nowOpcodes)} {
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if err := keepHash(ctx, tx, kind, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// keepHash appends to the ledger what something is now, unless its last line says that already.
func keepHash(ctx context.Context, tx *sql.Tx, kind, name string) error {
	now, err := digests(ctx, tx, kind, name)
	if err != nil {
		return err
	}
	var parts row
	parts.json(now)
	if parts.err != nil {
		return parts.err
	}
	var last any
	err = tx.QueryRowContext(ctx, "SELECT parts FROM ledger WHERE kind = ? AND name = ? ORDER BY nr DESC LIMIT 1", kind, name).Scan(&last)
	switch {
	case errors.Is(err, sql.ErrNoRows) && now == nil, err == nil && last == parts.values[0]:
		return nil
	case err != nil && !errors.Is(err, sql.ErrNoRows):
		return err
	}
	var chain string
	if err := tx.QueryRowContext(ctx, "SELECT chain FROM ledger ORDER BY nr DESC LIMIT 1").Scan(&chain); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	at := moment(time.Now())
	text, _ := parts.values[0].(string)
	_, err = tx.ExecContext(ctx, "INSERT INTO ledger (nr, at, kind, name, parts, chain) SELECT COALESCE(MAX(nr), 0) + 1, ?, ?, ?, ?, ? FROM ledger",
		at, kind, name, parts.values[0], link(chain, at, kind, name, text))
	return err
}

// link is the chain of a line: the SHA-256 over the chain before it and all that it says.
func link(before, at, kind, name, parts string) string {
	sum := sha256.New()
	for _, s := range []string{before, at, kind, name, parts} {
		_, _ = io.WriteString(sum, fmt.Sprintf("%d:%s", len(s), s)) // a hash takes everything
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Difference is something that is not what the ledger says it was when it was kept.
type Difference struct {
	Kind string   // KeptRun, KeptVerdict ...; "ledger" where a line of the ledger itself was changed
	Name string   // the run's id, the deployment's opcode ...
	What []string // the parts that differ: detections, record, marks ...
	Gone bool     // it is not there any more
}

// Ledger is what the ledger and the database say of each other.
type Ledger struct {
	Lines   int
	Head    string // the last line's chain: whoever published it can show that nothing before it was changed
	Altered []Difference
	Unkept  []Difference // what a Requin without a ledger left, and nothing can be said of
}

// Audit compares everything in the database with the hashes that were kept when it was put there.
func (s *Survey) Audit(ctx context.Context) (out Ledger, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		out, err = audit(ctx, tx)
		return err
	})
	return out, err
}

func audit(ctx context.Context, tx *sql.Tx) (out Ledger, err error) {
	last, err := out.follow(ctx, tx)
	if err != nil {
		return out, err
	}
	for _, kind := range slices.Sorted(maps.Keys(partsOf)) {
		if err := out.compare(ctx, tx, kind, last[kind]); err != nil {
			return out, err
		}
	}
	return out, nil
}

// follow goes along the ledger, and gives the last line of each thing, by kind and name.
func (l *Ledger) follow(ctx context.Context, tx *sql.Tx) (map[string]map[string]map[string]string, error) {
	last := map[string]map[string]map[string]string{}
	next := 1
	err := each(ctx, tx, "SELECT nr, at, kind, name, COALESCE(parts, ''), chain FROM ledger ORDER BY nr", nil, func(rows *sql.Rows) error {
		var nr int
		var at, kind, name, text, chain string
		if err := rows.Scan(&nr, &at, &kind, &name, &text, &chain); err != nil {
			return err
		}
		if nr != next || chain != link(l.Head, at, kind, name, text) {
			l.Altered = append(l.Altered, Difference{Kind: "ledger", Name: fmt.Sprintf("line %d", nr), What: []string{"it does not follow from the line before"}})
		}
		next, l.Head = nr+1, chain
		l.Lines++
		var parts map[string]string
		if text != "" {
			if err := json.Unmarshal([]byte(text), &parts); err != nil {
				l.Altered = append(l.Altered, Difference{Kind: "ledger", Name: fmt.Sprintf("line %d", nr), What: []string{"it cannot be read"}})
			}
		}
		if last[kind] == nil {
			last[kind] = map[string]map[string]string{}
		}
		last[kind][name] = parts
		return nil
	})
	return last, err
}

// compare compares the things of a kind with their last lines.
func (l *Ledger) compare(ctx context.Context, tx *sql.Tx, kind string, last map[string]map[string]string) error {
	names := map[string]bool{}
	err := each(ctx, tx, partsOf[kind].names, nil, func(rows *sql.Rows) error {
		var name string
		err := rows.Scan(&name)
		names[name] = true
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(last)) {
		if last[name] != nil && !names[name] {
			l.Altered = append(l.Altered, Difference{Kind: kind, Name: name, Gone: true})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		kept, known := last[name]
		if !known {
			l.Unkept = append(l.Unkept, Difference{Kind: kind, Name: name})
			continue
		}
		now, err := digests(ctx, tx, kind, name)
		if err != nil {
			return err
		}
		d := Difference{Kind: kind, Name: name}
		for _, p := range partsOf[kind].parts {
			if now[p.name] != kept[p.name] {
				d.What = append(d.What, p.name)
			}
		}
		if len(d.What) > 0 {
			l.Altered = append(l.Altered, d)
		}
	}
	return nil
}
