package survey

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"requin/detect"
	"requin/frame"
	"requin/track"
)

// keptFrames is what was kept of a run's frames: its tracks refer to it.
type keptFrames struct {
	taxa       dictionary
	frames     []detect.Frame
	index      map[frame.Instant]int
	detections int
}

// putFrames keeps a run's frames, one row each.
func putFrames(ctx context.Context, tx *sql.Tx, nr int64, frames func(func(detect.Frame, error) bool)) (*keptFrames, error) {
	kept := &keptFrames{index: map[frame.Instant]int{}}
	if frames == nil {
		return kept, nil
	}
	in := inserting(ctx, tx, "run_frames", "run, position, time_ns, chapter, pts, base_num, base_den, detections")
	for f, err := range frames {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		in.whole(nr, int64(len(kept.frames)), int64(f.Time), int64(f.Chapter), f.PTS)
		in.rational(f.Base)
		blob := []byte{}
		for _, d := range f.Detections {
			blob = appendDetection(blob, d, &kept.taxa)
		}
		in.values = append(in.values, blob)
		if err := in.end(); err != nil {
			return nil, err
		}
		kept.index[f.Instant] = len(kept.frames)
		kept.frames = append(kept.frames, detect.Frame{Instant: f.Instant, Detections: slices.Clone(f.Detections)})
		kept.detections += len(f.Detections)
	}
	return kept, in.flush()
}

// frames reads the frames of a run.
func (s *Survey) frames(ctx context.Context, nr int64, names []string, yield func(detect.Frame, error) bool) {
	stopped := false
	err := s.read(ctx, func(tx *sql.Tx) error {
		rows, err := frameRows(ctx, tx, nr)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			f, err := scanFrame(rows, names)
			if err != nil {
				return err
			}
			if stopped = !yield(f, nil); stopped {
				return nil
			}
		}
		return rows.Err()
	})
	if err != nil && !stopped {
		yield(detect.Frame{}, err)
	}
}

func frameRows(ctx context.Context, tx *sql.Tx, nr int64) (*sql.Rows, error) {
	return tx.QueryContext(ctx, "SELECT time_ns, chapter, pts, base_num, base_den, detections FROM run_frames WHERE run = ? ORDER BY position", nr)
}

func scanFrame(rows *sql.Rows, names []string) (f detect.Frame, err error) {
	var blob []byte
	if err := rows.Scan(&f.Time, &f.Chapter, &f.PTS, &f.Base.Num, &f.Base.Den, &blob); err != nil {
		return f, err
	}
	if f.Detections, err = readDetections(blob, names); err != nil {
		err = fmt.Errorf("the frame at %v: %w", f.Time, err)
	}
	return f, err
}

// putTracks keeps a run's tracks. A point that is one of the kept detections, as
// nearly all are, refers to it.
func putTracks(ctx context.Context, tx *sql.Tx, nr int64, tracks []track.Track, kept *keptFrames) error {
	in := inserting(ctx, tx, "run_tracks", "run, position, track, taxon, scores, first_ns, last_ns, points")
	for i, t := range tracks {
		if len(t.Points) == 0 {
			return fmt.Errorf("track %d has no points", t.ID)
		}
		in.whole(nr, int64(i), int64(t.ID))
		in.text(t.Taxon)
		in.values = append(in.values, appendScores([]byte{}, t.Scores, &kept.taxa))
		in.whole(int64(t.First().Time), int64(t.Last().Time))
		in.values = append(in.values, kept.appendPoints([]byte{}, t.Points))
		if err := in.end(); err != nil {
			return err
		}
	}
	return in.flush()
}

// tracksOf reads the tracks of a run.
func tracksOf(ctx context.Context, tx *sql.Tx, nr int64, names []string) ([]track.Track, error) {
	var frames []detect.Frame
	rows, err := frameRows(ctx, tx, nr)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		f, err := scanFrame(rows, names)
		if err != nil {
			return nil, err
		}
		frames = append(frames, f)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	var out []track.Track
	err = each(ctx, tx, "SELECT track, taxon, scores, points FROM run_tracks WHERE run = ? ORDER BY position", []any{nr}, func(rows *sql.Rows) error {
		var t track.Track
		var scores, points []byte
		if err := rows.Scan(&t.ID, &t.Taxon, &scores, &points); err != nil {
			return err
		}
		read := blob{left: scores}
		t.Scores = read.scores(names)
		if err := read.end(); err != nil {
			return fmt.Errorf("track %d: %w", t.ID, err)
		}
		if t.Points, err = readPoints(points, names, frames); err != nil {
			return fmt.Errorf("track %d: %w", t.ID, err)
		}
		out = append(out, t)
		return nil
	})
	return out, err
}
