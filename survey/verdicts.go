package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"
)

// Verdict is what a person said of a track, a detection or a frame. Verdicts are
// only ever appended: the database refuses to change or delete one.
type Verdict struct {
	ID     int64 // given by AppendVerdict, rising
	OpCode string
	Run    string // whose tracks it is of; "" for none
	Kind   string // accept, reject, relabel, add, unsure ...
	Track  int    // 0: none
	Time   time.Duration
	Before json.RawMessage
	After  json.RawMessage
	By     string
	At     time.Time
}

// ErrLater says that another verdict on the deployment was kept meanwhile: by another process, or another person.
var ErrLater = errors.New("another verdict on this deployment was kept meanwhile")

// AppendVerdict keeps a verdict and gives its ID.
func (s *Survey) AppendVerdict(ctx context.Context, v Verdict) (id int64, err error) {
	return s.AppendVerdictAfter(ctx, v, -1)
}

// AppendVerdictAfter keeps a verdict if the last one on its deployment is the one with the ID after (0: there is none; less: whichever
// it is), and fails with ErrLater otherwise: what the verdict rests on may be another by now.
func (s *Survey) AppendVerdictAfter(ctx context.Context, v Verdict, after int64) (id int64, err error) {
	err = s.write(ctx, func(tx *sql.Tx) error {
		deployment, err := deploymentID(ctx, tx, v.OpCode)
		if err != nil {
			return err
		}
		if deployment == 0 {
			return noDeployment(v.OpCode)
		}
		if v.Kind == "" {
			return errors.New("a verdict needs a kind")
		}
		if after >= 0 {
			var last int64
			if err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM verdicts WHERE deployment = ?", deployment).Scan(&last); err != nil {
				return err
			}
			if last != after {
				return ErrLater
			}
		}
		var r row
		r.whole(deployment)
		r.text(v.Run, v.Kind)
		r.whole(int64(v.Track), int64(v.Time))
		r.raw("what was before", v.Before)
		r.raw("what is after", v.After)
		r.text(v.By, moment(v.At))
		if r.err != nil {
			return r.err
		}
		err = tx.QueryRowContext(ctx, `INSERT INTO verdicts (id, deployment, run, kind, track, time_ns, before, after, stated_by, stated_at)
			SELECT COALESCE(MAX(id), 0) + 1, `+placeholders(9)+` FROM verdicts RETURNING id`, r.values...).Scan(&id)
		if err != nil {
			return err
		}
		return keepHash(ctx, tx, KeptVerdict, strconv.FormatInt(id, 10))
	})
	if err != nil {
		return 0, fmt.Errorf("the verdict was not kept: %w", err)
	}
	return id, nil
}

// Verdicts gives the verdicts on a deployment, or all where opcode is "", in the order in which they were given.
func (s *Survey) Verdicts(ctx context.Context, opcode string) ([]Verdict, error) {
	return s.VerdictsAfter(ctx, opcode, 0)
}

// VerdictsAfter gives those verdicts whose ID is greater than after.
func (s *Survey) VerdictsAfter(ctx context.Context, opcode string, after int64) ([]Verdict, error) {
	where, args := "WHERE v.id > ? ", []any{after}
	if opcode != "" {
		where, args = where+"AND d.opcode = ? ", append(args, opcode)
	}
	var out []Verdict
	err := s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT v.id, d.opcode, v.run, v.kind, v.track, v.time_ns, v.before, v.after, v.stated_by, v.stated_at
			FROM verdicts v JOIN deployments d ON d.id = v.deployment `+where+"ORDER BY v.id", args, func(rows *sql.Rows) error {
			var v Verdict
			err := rows.Scan(&v.ID, &v.OpCode, &v.Run, &v.Kind, &v.Track, &v.Time, rawJSON{&v.Before}, rawJSON{&v.After}, &v.By, fromTime{&v.At})
			out = append(out, v)
			return err
		})
	})
	return out, err
}
