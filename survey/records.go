package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"requin/annotate"
)

// Filter says which records are wanted.
type Filter struct {
	OpCodes []string // of these deployments; empty: all, and what belongs to none
	Sources []string // from these imports, by name; empty: all, and deployments that people added
}

// Records gives what people and files stated, as it was stated: deployments,
// labels, each media followed by its tracks, marks and looks, then sightings, lengths and
// counts; within each kind in the order in which they came. It gives one state
// of the survey, that of the moment in which the ranging began.
//
// Several imports may speak of the same media of a deployment; it is given once, filled in from the later
// ones, with what all of them say. A track whose id an earlier one of them uses has the
// import's name added to it. Where two media that are not the same have one name
// (files of two deployments, files that belong nowhere from two imports), the later
// one's is given with the deployment's or the import's before it: "site 2/GX010001.MP4".
// Media and tracks that records only name are given too. A media's Deployment is the one it belongs to.
//
// What an earlier Requin copied into the survey of a review (ReviewFormat) is not given: it follows from the
// verdicts, which may have grown since.
func (s *Survey) Records(ctx context.Context, filter Filter) annotate.Records {
	return func(yield func(annotate.Record, error) bool) {
		err := s.read(ctx, func(tx *sql.Tx) error {
			st := &statements{ctx: ctx, quiet: context.WithoutCancel(ctx), tx: tx, yield: yield}
			if err := st.choose(filter); err != nil {
				return err
			}
			return st.all()
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// statements gives the records of one ranging.
type statements struct {
	ctx, quiet context.Context // quiet never ends: see inserter.end
	tx         *sql.Tx
	yield      func(annotate.Record, error) bool

	sources, deployments []any // numbers of those chosen; nil: all
	copies               []any // numbers of sources that are never given
}

// ReviewFormat is the format of the sources in which an earlier Requin kept a copy of what a review had confirmed.
const ReviewFormat = "requin review"

// errStopped says that whoever ranges has had enough.
var errStopped = errors.New("stopped")

func (st *statements) give(record annotate.Record) error {
	if !st.yield(record, nil) {
		return errStopped
	}
	return nil
}

// choose finds the numbers of what a filter names.
func (st *statements) choose(filter Filter) error {
	err := each(st.ctx, st.tx, "SELECT id FROM sources WHERE format = ? ORDER BY id", []any{ReviewFormat}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		st.copies = append(st.copies, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range filter.Sources {
		ids, err := sourceIDs(st.ctx, st.tx, name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			st.sources = append(st.sources, id)
		}
	}
	for _, opcode := range filter.OpCodes {
		id, err := deploymentID(st.ctx, st.tx, opcode)
		if err != nil {
			return err
		}
		if id == 0 {
			return noDeployment(opcode)
		}
		st.deployments = append(st.deployments, id)
	}
	return nil
}

// where is the condition of the filter on two columns; "" leaves one out.
func (st *statements) where(source, deployment string) (condition string, args []any) {
	condition = "TRUE"
	if st.sources != nil && source != "" {
		condition += " AND " + source + " IN (" + placeholders(len(st.sources)) + ")"
		args = append(args, st.sources...)
	}
	if len(st.copies) > 0 && source != "" {
		condition += " AND " + source + " NOT IN (" + placeholders(len(st.copies)) + ")"
		args = append(args, st.copies...)
	}
	if st.deployments != nil && deployment != "" {
		condition += " AND " + deployment + " IN (" + placeholders(len(st.deployments)) + ")"
		args = append(args, st.deployments...)
	}
	return condition, args
}

func (st *statements) all() error {
	for _, step := range []func() error{st.giveDeployments, st.giveLabels, st.giveMedia, st.giveSightings, st.giveLengths, st.giveCounts} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (st *statements) giveDeployments() error {
	condition, args := st.where("", "id")
	if st.sources != nil {
		condition += " AND id IN (SELECT deployment FROM deployment_sources WHERE source IN (" + placeholders(len(st.sources)) + "))"
		args = append(args, st.sources...)
	}
	return deploymentRows(st.ctx, st.tx, "WHERE stated AND "+condition, args, func(_ int64, d annotate.Deployment) error { return st.give(d) })
}

// giveLabels leaves out what an earlier import lists already.
func (st *statements) giveLabels() error {
	condition, args := st.where("l.source", "")
	earlier, more := st.where("e.source", "")
	return each(st.ctx, st.tx, "SELECT "+labelColumns+" FROM labels l WHERE "+condition+`
		AND NOT EXISTS (SELECT 1 FROM labels e WHERE e.name = l.name AND e.parent = l.parent AND e.source < l.source AND `+earlier+`) ORDER BY id`,
		append(args, more...), func(rows *sql.Rows) error {
			l, err := scanLabel(rows)
			if err != nil {
				return err
			}
			return st.give(l)
		})
}

func (st *statements) giveSightings() error {
	return giveStated(st, "sightings", sightingColumns, func(rows *sql.Rows) (annotate.Record, error) { return scanSighting(rows) })
}

func (st *statements) giveLengths() error {
	return giveStated(st, "lengths", lengthColumns, func(rows *sql.Rows) (annotate.Record, error) { return scanLength(rows) })
}

func (st *statements) giveCounts() error {
	return giveStated(st, "counts", countColumns, func(rows *sql.Rows) (annotate.Record, error) { return scanCount(rows) })
}

// giveStated gives the rows of a table that refers to a source and a deployment.
func giveStated(st *statements, table, columns string, scan func(*sql.Rows) (annotate.Record, error)) error {
	condition, args := st.where("t.source", "t.deployment")
	query := fmt.Sprintf(`SELECT COALESCE((SELECT d.opcode FROM deployments d WHERE d.id = t.deployment), ''), %s FROM %s t WHERE %s ORDER BY t.id`, columns, table, condition)
	n := 0
	return each(st.quiet, st.tx, query, args, func(rows *sql.Rows) error {
		if n++; n%256 == 0 && st.ctx.Err() != nil {
			return st.ctx.Err()
		}
		record, err := scan(rows)
		if err != nil {
			return fmt.Errorf("%s, record %d: %w", table, n, err)
		}
		return st.give(record)
	})
}
