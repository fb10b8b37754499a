package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"requin/count"
	"requin/uncertainty"
)

// Reviewed is what people made of a count.
type Reviewed struct {
	LastVerdict int64   // id of the last verdict that it rests on
	Rule        int     // by which it was derived
	Limit       float64 // chance of a greater MaxN under which a taxon is certified
	Pooled      string  // names the evidence of the survey's other deployments that it took
	Model       string  // that counted

	SurveyLimit float64  // chance that any certificate of the survey is wrong, at which it was derived; 0: none was asked for
	Finest      float64  // risk down to which it was drawn for that
	Withheld    []string // taxa that would be certified by themselves, and for which that limit has no room

	Result count.Result
}

// SameTerms tells whether two were derived at the same limits, by the same rule, from as many verdicts and the same evidence.
func (r Reviewed) SameTerms(o Reviewed) bool {
	return r.LastVerdict == o.LastVerdict && r.Rule == o.Rule && r.Limit == o.Limit && r.Pooled == o.Pooled && r.SurveyLimit == o.SurveyLimit && r.Finest == o.Finest
}

// Heard is what the review of one deployment tells of the others.
type Heard struct {
	OpCode, Run, Taxon string
	uncertainty.Evidence
}

// Certificate is one that a taxon has by itself, whether or not the survey's limit has room for it.
type Certificate struct {
	OpCode, Run, Taxon string
	Risk               float64
}

// PutReviewed keeps what people made of a run, in place of what was kept before. It takes nobody's word for it:
// whoever reads it compares LastVerdict with the log.
func (s *Survey) PutReviewed(ctx context.Context, run string, r Reviewed) error {
	var values row
	values.whole(r.LastVerdict, int64(r.Rule))
	values.number(r.Limit)
	values.text(r.Pooled)
	values.number(r.SurveyLimit, r.Finest)
	values.json(r.Withheld)
	values.json(r.Result)
	values.text(run)
	if values.err != nil {
		return values.err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO run_reviewed (run, last_verdict, rule, risk_limit, pooled, several_limit, finest, withheld, result)
			SELECT nr, ?, ?, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ?
			ON CONFLICT (run) DO UPDATE SET last_verdict = excluded.last_verdict, rule = excluded.rule, risk_limit = excluded.risk_limit,
				pooled = excluded.pooled, several_limit = excluded.several_limit, finest = excluded.finest, withheld = excluded.withheld, result = excluded.result`, values.values...)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("there is no run %q in this survey", run))
		}
		return putEvidence(ctx, tx, run, r)
	})
}

// putEvidence keeps what a reviewed count tells of the survey's other deployments, in place of what any count of this one told.
func putEvidence(ctx context.Context, tx *sql.Tx, run string, r Reviewed) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM run_evidence WHERE run IN (SELECT o.nr FROM runs o JOIN runs r ON o.deployment = r.deployment WHERE r.id = ?)`, run); err != nil {
		return err
	}
	for _, t := range r.Result.Taxa {
		if t.Review == nil || t.Review.Evidence == nil {
			continue
		}
		var values row
		values.text(t.Name, r.Model)
		e := t.Review.Evidence
		values.number(e.Found, e.Met, e.Covered, e.Hours, e.Seen, e.Overlooked, e.Added)
		values.maybe(t.Review.Certificate)
		values.text(run)
		if values.err != nil {
			return values.err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO run_evidence (run, taxon, model, found, met, covered, hours, seen, overlooked, added, risk) SELECT nr, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM runs WHERE id = ?`, values.values...); err != nil {
			return err
		}
	}
	return nil
}

// HeardOf gives what the reviews of a survey's deployments tell of how well a model sees, in the order of their opcodes.
func (s *Survey) HeardOf(ctx context.Context, model string) (list []Heard, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT d.opcode, r.id, e.taxon, e.found, e.met, e.covered, e.hours, e.seen, e.overlooked, e.added FROM run_evidence e JOIN runs r ON r.nr = e.run JOIN deployments d ON d.id = r.deployment
			WHERE e.model = ? ORDER BY d.opcode, e.taxon`, []any{model}, func(rows *sql.Rows) error {
			var h Heard
			err := rows.Scan(&h.OpCode, &h.Run, &h.Taxon, &h.Found, &h.Met, &h.Covered, &h.Hours, &h.Seen, &h.Overlooked, &h.Added)
			list = append(list, h)
			return err
		})
	})
	return list, err
}

// Certificates are those that the kept counts of a survey's deployments have by themselves, and how many taxa these speak of, certified or
// not.
func (s *Survey) Certificates(ctx context.Context) (list []Certificate, of int, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT d.opcode, r.id, e.taxon, e.risk FROM run_evidence e JOIN runs r ON r.nr = e.run JOIN deployments d ON d.id = r.deployment
			ORDER BY d.opcode, e.taxon`, nil, func(rows *sql.Rows) error {
			var c Certificate
			var risk *float64
			err := rows.Scan(&c.OpCode, &c.Run, &c.Taxon, &risk)
			if of++; risk != nil {
				c.Risk = *risk
				list = append(list, c)
			}
			return err
		})
	})
	return list, of, err
}

// SurveyLimit is the chance that any certificate of the survey may be wrong, as it was last asked for; 0: it was not.
func (s *Survey) SurveyLimit(ctx context.Context) (limit float64, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, "SELECT several_limit FROM survey").Scan(&limit)
	})
	return limit, err
}

// SetSurveyLimit keeps what SurveyLimit gives.
func (s *Survey) SetSurveyLimit(ctx context.Context, limit float64) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE survey SET several_limit = ?", limit)
		return err
	})
}

// Unheard are the deployments whose reviewed count is not of their log as it is, or was derived by another rule, by opcode.
func (s *Survey) Unheard(ctx context.Context, rule int) (list []string, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT d.opcode FROM deployments d JOIN (SELECT deployment, MAX(id) AS last FROM verdicts GROUP BY deployment) v ON v.deployment = d.id
			WHERE NOT EXISTS (SELECT 1 FROM run_reviewed x JOIN runs r ON r.nr = x.run WHERE r.deployment = d.id AND x.last_verdict = v.last AND x.rule = ?) ORDER BY d.opcode`,
			[]any{rule}, func(rows *sql.Rows) error {
				var opcode string
				err := rows.Scan(&opcode)
				list = append(list, opcode)
				return err
			})
	})
	return list, err
}

// ReviewedOf gives what was kept of what people made of a run; false where nothing was.
func (s *Survey) ReviewedOf(ctx context.Context, run string) (r Reviewed, ok bool, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT x.last_verdict, x.rule, x.risk_limit, x.pooled, x.several_limit, x.finest, x.withheld, x.result
			FROM run_reviewed x JOIN runs r ON r.nr = x.run WHERE r.id = ?`, run).
			Scan(&r.LastVerdict, &r.Rule, &r.Limit, &r.Pooled, &r.SurveyLimit, &r.Finest, fromJSON{&r.Withheld}, fromJSON{&r.Result})
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
