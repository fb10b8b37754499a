package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"requin/count"
)

// Reviewed is what people made of a count.
type Reviewed struct {
	LastVerdict int64   // id of the last verdict that it rests on
	Rule        int     // by which it was derived
	Limit       float64 // chance of a greater MaxN under which a taxon is certified
	Result      count.Result
}

// PutReviewed keeps what people made of a run, in place of what was kept before. It takes nobody's word for it:
// whoever reads it compares LastVerdict with the log.
func (s *Survey) PutReviewed(ctx context.Context, run string, r Reviewed) error {
	var values row
	values.whole(r.LastVerdict, int64(r.Rule))
	values.number(r.Limit)
	values.json(r.Result)
	values.text(run)
	if values.err != nil {
		return values.err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO run_reviewed (run, last_verdict, rule, risk_limit, result)
			SELECT nr, ?, ?, ?, ? FROM runs WHERE id = ?
			ON CONFLICT (run) DO UPDATE SET last_verdict = excluded.last_verdict, rule = excluded.rule, risk_limit = excluded.risk_limit, result = excluded.result`, values.values...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("there is no run %q in this survey", run))
		}
		return nil
	})
}

// ReviewedOf gives what was kept of what people made of a run; false where nothing was.
func (s *Survey) ReviewedOf(ctx context.Context, run string) (r Reviewed, ok bool, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT x.last_verdict, x.rule, x.risk_limit, x.result FROM run_reviewed x JOIN runs r ON r.nr = x.run WHERE r.id = ?", run).
			Scan(&r.LastVerdict, &r.Rule, &r.Limit, fromJSON{&r.Result})
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Reviewed{}, false, nil
	}
	return r, err == nil, err
}

// lastVerdicts gives the id of the last verdict on each deployment that has any.
func lastVerdicts(ctx context.Context, tx *sql.Tx, take func(deployment, id int64)) error {
	return each(ctx, tx, "SELECT deployment, MAX(id) FROM verdicts GROUP BY deployment", nil, func(rows *sql.Rows) error {
		var deployment, id int64
		err := rows.Scan(&deployment, &id)
		take(deployment, id)
		return err
	})
}
