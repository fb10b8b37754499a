package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"time"

	"requin/count"
	"requin/detect"
	"requin/track"
)

// CountRun is the kind of the runs that count.
const CountRun = "count"

// Run is one run of a command, and what it came to.
type Run struct {
	ID         string
	Kind       string // CountRun, "train" ...
	OpCode     string // of the deployment; "" where it is of none
	Key        string // of all that the results depend on
	Folder     string // of its files
	Started    time.Time
	Finished   time.Time                      // zero: it is not
	Record     json.RawMessage                // where it all came from (run.json)
	Detections iter.Seq2[detect.Frame, error] // what the detector saw in each frame that was looked at; nil: none kept
	Tracks     []track.Track
	Result     *count.Result // nil: it counted nothing
	Unreadable time.Duration // how much of the deployment could not be looked at
}

// RunInfo is a run in a list.
type RunInfo struct {
	ID, Kind, OpCode, Key, Folder string
	Started, Finished             time.Time
	Unreadable                    time.Duration
	Frames, Detections, Tracks    int
}

// PutRun keeps a run, whole or not at all, in place of an earlier one of its ID.
func (s *Survey) PutRun(ctx context.Context, r Run) error {
	if filepath.IsAbs(r.Folder) {
		r.Folder = s.Stored(r.Folder)
	}
	err := s.write(ctx, func(tx *sql.Tx) error {
		if r.ID == "" || r.Kind == "" {
			return errors.New("it needs an id and a kind")
		}
		nr, err := putRunRow(ctx, tx, r)
		if err != nil {
			return err
		}
		for _, table := range []string{"run_frames", "run_tracks", "run_maxn", "run_reviewed", "run_evidence"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE run = ?", nr); err != nil {
				return err
			}
		}
		kept, err := putFrames(ctx, tx, nr, r.Detections)
		if err != nil {
			return err
		}
		if err := putTracks(ctx, tx, nr, r.Tracks, kept); err != nil {
			return err
		}
		if err := putMaxN(ctx, tx, nr, r.Result); err != nil {
			return err
		}
		var names row
		names.json(kept.taxa.names)
		if names.err != nil {
			return names.err
		}
		_, err = tx.ExecContext(ctx, "UPDATE runs SET names = ?, frames = ?, detections = ?, tracks = ? WHERE nr = ?",
			names.values[0], len(kept.frames), kept.detections, len(r.Tracks), nr)
		if err != nil {
			return err
		}
		return keepHash(ctx, tx, KeptRun, r.ID)
	})
	if err != nil {
		return fmt.Errorf("run %s: %w", r.ID, err)
	}
	return nil
}

func putRunRow(ctx context.Context, tx *sql.Tx, r Run) (nr int64, err error) {
	var deployment int64
	if r.OpCode != "" {
		if deployment, err = deploymentID(ctx, tx, r.OpCode); err != nil {
			return 0, err
		}
		if deployment == 0 {
			return 0, noDeployment(r.OpCode)
		}
	}
	var values row
	values.text(r.ID, r.Kind)
	values.reference(deployment)
	values.text(r.Key, r.Folder, moment(r.Started), moment(r.Finished))
	values.whole(int64(r.Unreadable))
	values.raw("the record", r.Record)
	values.json(r.Result)
	if values.err != nil {
		return 0, values.err
	}
	err = tx.QueryRowContext(ctx, `INSERT INTO runs (nr, id, kind, deployment, run_key, folder, started, finished, unreadable_ns, record, result)
		SELECT COALESCE(MAX(nr), 0) + 1, `+placeholders(10)+` FROM runs WHERE TRUE
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, deployment = excluded.deployment, run_key = excluded.run_key, folder = excluded.folder,
			started = excluded.started, finished = excluded.finished, unreadable_ns = excluded.unreadable_ns, record = excluded.record, result = excluded.result
		RETURNING nr`, values.values...).Scan(&nr)
	return nr, err
}

func putMaxN(ctx context.Context, tx *sql.Tx, nr int64, result *count.Result) error {
	if result == nil {
		return nil
	}
	in := inserting(ctx, tx, "run_maxn", "run, position, taxon, maxn, tmaxn_ns")
	for i, t := range result.Taxa {
		in.whole(nr, int64(i))
		in.text(t.Name)
		maxn, at := any(nil), any(nil)
		if t.MaxN != nil {
			maxn = int64(*t.MaxN)
		}
		if t.TMaxN != nil {
			at = int64(t.TMaxN.Time)
		}
		in.values = append(in.values, maxn, at)
		if err := in.end(); err != nil {
			return err
		}
	}
	return in.flush()
}

const runColumns = "r.id, r.kind, COALESCE(d.opcode, ''), r.run_key, r.folder, r.started, r.finished, r.unreadable_ns"

const fromRuns = " FROM runs r LEFT JOIN deployments d ON d.id = r.deployment "

// Run gives a run. Its Detections read from the survey while they are ranged over.
func (s *Survey) Run(ctx context.Context, id string) (Run, error) {
	var r Run
	err := s.read(ctx, func(tx *sql.Tx) error {
		var nr int64
		var names []string
		var frames int
		err := tx.QueryRowContext(ctx, "SELECT r.nr, r.names, r.frames, r.record, r.result, "+runColumns+fromRuns+"WHERE r.id = ?", id).Scan(
			&nr, fromJSON{&names}, &frames, rawJSON{&r.Record}, fromJSON{&r.Result},
			&r.ID, &r.Kind, &r.OpCode, &r.Key, &r.Folder, fromTime{&r.Started}, fromTime{&r.Finished}, &r.Unreadable)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("there is no run %q in this survey", id)
		}
		if err != nil {
			return err
		}
		if frames > 0 {
			r.Detections = func(yield func(detect.Frame, error) bool) { s.frames(ctx, nr, names, yield) }
		}
		r.Tracks, err = tracksOf(ctx, tx, nr, names)
		return err
	})
	if err != nil {
		return Run{}, err
	}
	return r, nil
}

// RunResult gives what a run counted, without what that was counted from; nil where it counted nothing.
func (s *Survey) RunResult(ctx context.Context, id string) (result *count.Result, err error) {
	err = s.ofRun(ctx, id, "result", fromJSON{&result})
	return result, err
}

// RunRecord gives a run's record (run.json).
func (s *Survey) RunRecord(ctx context.Context, id string) (record json.RawMessage, err error) {
	err = s.ofRun(ctx, id, "record", rawJSON{&record})
	return record, err
}

// ofRun reads one column of a run.
func (s *Survey) ofRun(ctx context.Context, id, column string, into any) error {
	return s.read(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT "+column+" FROM runs WHERE id = ?", id).Scan(into)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("there is no run %q in this survey", id)
		}
		return err
	})
}

// Runs lists the runs of a deployment, or all where opcode is "", in the order in which they began.
func (s *Survey) Runs(ctx context.Context, opcode string) ([]RunInfo, error) {
	where, args := "", []any(nil)
	if opcode != "" {
		where, args = "WHERE d.opcode = ? ", []any{opcode}
	}
	var out []RunInfo
	err := s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, "SELECT "+runColumns+", r.frames, r.detections, r.tracks"+fromRuns+where+"ORDER BY r.started, r.nr", args, func(rows *sql.Rows) error {
			var r RunInfo
			err := rows.Scan(&r.ID, &r.Kind, &r.OpCode, &r.Key, &r.Folder, fromTime{&r.Started}, fromTime{&r.Finished}, &r.Unreadable, &r.Frames, &r.Detections, &r.Tracks)
			out = append(out, r)
			return err
		})
	})
	return out, err
}

// Counted gives the latest finished count of a deployment under a key.
func (s *Survey) Counted(ctx context.Context, opcode, key string) (runID string, ok bool, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT r.id FROM runs r JOIN deployments d ON d.id = r.deployment
			WHERE d.opcode = ? AND r.kind = ? AND r.run_key = ? AND r.finished <> '' ORDER BY r.finished DESC, r.nr DESC LIMIT 1`, opcode, CountRun, key).Scan(&runID)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	return runID, err == nil, err
}

// latestCounts gives the latest finished count of each deployment.
func latestCounts(ctx context.Context, tx *sql.Tx, take func(deployment int64, c *CountState)) error {
	byRun := map[int64]*CountState{}
	err := each(ctx, tx, `SELECT nr, deployment, id, run_key, finished, folder, unreadable_ns FROM (
			SELECT *, ROW_NUMBER() OVER (PARTITION BY deployment ORDER BY finished DESC, nr DESC) AS place
			FROM runs WHERE kind = ? AND finished <> '' AND deployment IS NOT NULL) latest
		WHERE place = 1`, []any{CountRun}, func(rows *sql.Rows) error {
		var nr, deployment int64
		c := &CountState{MaxN: map[string]int{}}
		err := rows.Scan(&nr, &deployment, &c.Run, &c.Key, fromTime{&c.Finished}, &c.Folder, &c.Unreadable)
		byRun[nr] = c
		take(deployment, c)
		return err
	})
	if err != nil {
		return err
	}
	return each(ctx, tx, "SELECT run, taxon, maxn FROM run_maxn WHERE maxn IS NOT NULL", nil, func(rows *sql.Rows) error {
		var nr int64
		var taxon string
		var maxn int
		if err := rows.Scan(&nr, &taxon, &maxn); err != nil {
			return err
		}
		if c := byRun[nr]; c != nil {
			c.MaxN[taxon] = maxn
		}
		return nil
	})
}
