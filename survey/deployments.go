package survey

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"requin/annotate"
)

// Deployment is one drop of one station, and what the survey holds of it.
type Deployment struct {
	annotate.Deployment
	Marks     int // shapes that people drew, or that were imported
	Sightings int
	Verdict   int64       // id of the last one that was given on it; 0: none
	Count     *CountState // the latest finished one; nil: never counted
}

// CountState is what a count of a deployment came to.
type CountState struct {
	Run        string // its id
	Key        string // of what it depends on
	Finished   time.Time
	Folder     string         // of its results, as stored
	MaxN       map[string]int // by studied taxon; one of which no frame was looked at is not in it
	Unreadable time.Duration  // how much of the deployment could not be looked at
}

// PutDeployment keeps a deployment under its OpCode. What d states replaces what
// was known, field by field; what it leaves out (nil, "") stays. Chapters, and
// periods, replace those that were there, where d has any. A chapter that belongs
// to another deployment, by its SHA-256, is refused. Absolute paths are kept as Stored has them, others as they
// are. Media that belonged nowhere and bear the
// name of one of the chapters are from then on the deployment's.
func (s *Survey) PutDeployment(ctx context.Context, d annotate.Deployment) (isNew bool, err error) {
	d.Chapters = slices.Clone(d.Chapters)
	for i, c := range d.Chapters {
		if filepath.IsAbs(c.Path) {
			d.Chapters[i].Path = s.Stored(c.Path)
		}
	}
	err = s.write(ctx, func(tx *sql.Tx) error {
		id, err := deploymentID(ctx, tx, d.OpCode)
		if err != nil {
			return err
		}
		if isNew = id == 0; isNew {
			if id, err = makeDeployment(ctx, tx, d.OpCode); err != nil {
				return err
			}
		}
		if err := stateDeployment(ctx, tx, id, d, false); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "UPDATE deployments SET added = TRUE WHERE id = ?", id); err != nil {
			return err
		}
		if err := placeLater(ctx, tx, d.Chapters); err != nil {
			return err
		}
		return keepHash(ctx, tx, KeptDeployment, d.OpCode)
	})
	if err != nil {
		return false, fmt.Errorf("deployment %s: %w", d.OpCode, err)
	}
	return isNew, nil
}

// Deployments gives all deployments, in the natural order of their opcodes.
func (s *Survey) Deployments(ctx context.Context) ([]Deployment, error) {
	var out []Deployment
	err := s.read(ctx, func(tx *sql.Tx) error {
		ids := map[int64]int{} // to indices of out
		err := deploymentRows(ctx, tx, "", nil, func(id int64, d annotate.Deployment) error {
			ids[id] = len(out)
			out = append(out, Deployment{Deployment: d})
			return nil
		})
		if err != nil {
			return err
		}
		counts := func(query string, into func(*Deployment) *int) error {
			return each(ctx, tx, query, nil, func(rows *sql.Rows) error {
				var id int64
				var n int
				if err := rows.Scan(&id, &n); err != nil {
					return err
				}
				*into(&out[ids[id]]) = n
				return nil
			})
		}
		err = cmp.Or(
			counts("SELECT m.deployment, count(*) FROM marks k JOIN media m ON m.id = k.media WHERE m.deployment IS NOT NULL GROUP BY m.deployment",
				func(d *Deployment) *int { return &d.Marks }),
			counts("SELECT deployment, count(*) FROM sightings WHERE deployment IS NOT NULL GROUP BY deployment",
				func(d *Deployment) *int { return &d.Sightings }))
		if err != nil {
			return err
		}
		if err := lastVerdicts(ctx, tx, func(id, verdict int64) { out[ids[id]].Verdict = verdict }); err != nil {
			return err
		}
		return latestCounts(ctx, tx, func(id int64, c *CountState) { out[ids[id]].Count = c })
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b Deployment) int { return natural(a.OpCode, b.OpCode) })
	return out, nil
}

// each runs a query and gives its rows to take.
func each(ctx context.Context, tx *sql.Tx, query string, args []any, take func(*sql.Rows) error) error {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// deploymentID is a deployment's number, 0 where there is none of that opcode.
func deploymentID(ctx context.Context, tx *sql.Tx, opcode string) (id int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT id FROM deployments WHERE opcode = ?", opcode).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

// noDeployment says that a name is none of a deployment.
func noDeployment(opcode string) error {
	return fmt.Errorf("there is no deployment %q in this survey: check its name with requin list", opcode)
}

// makeDeployment makes a deployment of which nothing but the opcode is known.
func makeDeployment(ctx context.Context, tx *sql.Tx, opcode string) (id int64, err error) {
	if strings.TrimSpace(opcode) == "" {
		return 0, errors.New("a deployment without an opcode: every deployment needs a name of its own")
	}
	r := row{}
	r.text(opcode)
	if r.err != nil {
		return 0, r.err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO deployments (id, opcode, added, stated)
		SELECT COALESCE(MAX(id), 0) + 1, ?, FALSE, FALSE FROM deployments RETURNING id`, opcode).Scan(&id)
	return id, err
}

// stateDeployment adds what d says to what is known of a deployment. An import does not replace
// chapters whose files are known by chapters that are mere names.
func stateDeployment(ctx context.Context, tx *sql.Tx, id int64, d annotate.Deployment, imported bool) error {
	var known annotate.Deployment
	err := deploymentRows(ctx, tx, "WHERE id = ?", []any{id}, func(_ int64, k annotate.Deployment) error {
		known = k
		return nil
	})
	if err != nil {
		return err
	}
	if imported && slices.ContainsFunc(known.Chapters, hashed) && !slices.ContainsFunc(d.Chapters, hashed) {
		d.Chapters = nil
	}
	if err := putColumns(ctx, tx, id, merged(known, d)); err != nil {
		return err
	}
	if len(d.Chapters) > 0 {
		if err := putChapters(ctx, tx, id, d.Chapters); err != nil {
			return err
		}
	}
	if len(d.Periods) > 0 {
		return putPeriods(ctx, tx, id, d.Periods)
	}
	return nil
}

func hashed(c annotate.Chapter) bool { return c.SHA256 != "" }

// merged is what is known of a deployment once d has been stated too; chapters and periods apart.
func merged(known, d annotate.Deployment) annotate.Deployment {
	for _, f := range []struct {
		into *string
		from string
	}{
		{&known.Campaign, d.Campaign}, {&known.DateTime, d.DateTime}, {&known.Site, d.Site}, {&known.Location, d.Location},
		{&known.Status, d.Status}, {&known.ObserverCount, d.ObserverCount}, {&known.ObserverLength, d.ObserverLength},
	} {
		*f.into = cmp.Or(f.from, *f.into)
	}
	known.Latitude, known.Longitude = cmp.Or(d.Latitude, known.Latitude), cmp.Or(d.Longitude, known.Longitude)
	known.Depth, known.Visibility = cmp.Or(d.Depth, known.Depth), cmp.Or(d.Visibility, known.Visibility)
	known.SuccessfulCount = cmp.Or(d.SuccessfulCount, known.SuccessfulCount)
	known.SuccessfulLength = cmp.Or(d.SuccessfulLength, known.SuccessfulLength)
	extra := maps.Clone(known.Extra)
	if extra == nil {
		extra = annotate.Extra{}
	}
	maps.Copy(extra, d.Extra)
	known.Extra = extra
	return known
}

const deploymentColumns = `campaign, latitude, longitude, date_time, site, location, status, depth, observer_count,
	observer_length, successful_count, successful_length, visibility, extra`

func putColumns(ctx context.Context, tx *sql.Tx, id int64, d annotate.Deployment) error {
	var r row
	r.text(d.Campaign)
	r.maybe(d.Latitude, d.Longitude)
	r.text(d.DateTime, d.Site, d.Location, d.Status)
	r.maybe(d.Depth)
	r.text(d.ObserverCount, d.ObserverLength)
	r.maybeFlags(d.SuccessfulCount, d.SuccessfulLength)
	r.maybe(d.Visibility)
	r.json(d.Extra)
	if r.err != nil {
		return r.err
	}
	set := strings.ReplaceAll(deploymentColumns, ",", " = ?,") + " = ?, stated = TRUE"
	_, err := tx.ExecContext(ctx, "UPDATE deployments SET "+set+" WHERE id = ?", append(r.values, id)...)
	return err
}

// deploymentRows gives deployments with their chapters and periods, in the order in which they came.
func deploymentRows(ctx context.Context, tx *sql.Tx, where string, args []any, take func(id int64, d annotate.Deployment) error) error {
	return each(ctx, tx, "SELECT id, opcode, "+deploymentColumns+" FROM deployments "+where+" ORDER BY id", args, func(rows *sql.Rows) error {
		var d annotate.Deployment
		var id int64
		err := rows.Scan(&id, &d.OpCode, &d.Campaign, &d.Latitude, &d.Longitude, &d.DateTime, &d.Site, &d.Location, &d.Status, &d.Depth,
			&d.ObserverCount, &d.ObserverLength, &d.SuccessfulCount, &d.SuccessfulLength, &d.Visibility, fromJSON{&d.Extra})
		if err != nil {
			return err
		}
		if d.Chapters, err = chaptersOf(ctx, tx, id); err != nil {
			return err
		}
		if d.Periods, err = periodsOf(ctx, tx, id); err != nil {
			return err
		}
		return take(id, d)
	})
}
