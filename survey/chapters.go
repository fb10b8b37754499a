package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"requin/annotate"
)

const chapterColumns = "path, camera, size, sha256, offset_ns, duration_ns, frames, rate_num, rate_den, w, h, codec, extra"

// ErrSameVideo says that a video, by its SHA-256, is there already: it belongs to one deployment, once.
var ErrSameVideo = errors.New("a video belongs to one deployment")

// putChapters replaces the chapters of a deployment.
func putChapters(ctx context.Context, tx *sql.Tx, id int64, chapters []annotate.Chapter) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM chapters WHERE deployment = ?", id); err != nil {
		return err
	}
	in := inserting(ctx, tx, "chapters", "deployment, position, base, "+chapterColumns)
	seen := map[string]string{}
	for i, c := range chapters {
		c.SHA256 = strings.ToLower(c.SHA256)
		if other, ok := seen[c.SHA256]; ok && c.SHA256 != "" {
			return fmt.Errorf("%s and %s are the same video: name it once (%w)", other, c.Path, ErrSameVideo)
		}
		seen[c.SHA256] = c.Path
		if err := notElsewhere(ctx, tx, c); err != nil {
			return err
		}
		in.whole(id, int64(i))
		in.text(base(c.Path), c.Path)
		in.whole(int64(c.Camera), c.Size)
		in.text(c.SHA256)
		in.whole(int64(c.Offset), int64(c.Duration), int64(c.Frames))
		in.rational(c.Rate)
		in.whole(int64(c.W), int64(c.H))
		in.text(c.Codec)
		in.json(c.Extra)
		if err := in.end(); err != nil {
			return fmt.Errorf("chapter %s: %w", c.Path, err)
		}
	}
	return in.flush()
}

// notElsewhere refuses a video that another deployment has. The deployment's own
// chapters are not in the table at this point.
func notElsewhere(ctx context.Context, tx *sql.Tx, c annotate.Chapter) error {
	if c.SHA256 == "" {
		return nil
	}
	var opcode, path string
	err := tx.QueryRowContext(ctx, `SELECT d.opcode, c.path FROM chapters c JOIN deployments d ON d.id = c.deployment WHERE c.sha256 = ?`,
		c.SHA256).Scan(&opcode, &path)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("%s is the same video as %s of deployment %s: %w", c.Path, path, opcode, ErrSameVideo)
}

func chaptersOf(ctx context.Context, tx *sql.Tx, id int64) (out []annotate.Chapter, err error) {
	err = each(ctx, tx, "SELECT "+chapterColumns+" FROM chapters WHERE deployment = ? ORDER BY position", []any{id}, func(rows *sql.Rows) error {
		var c annotate.Chapter
		err := rows.Scan(&c.Path, &c.Camera, &c.Size, &c.SHA256, &c.Offset, &c.Duration, &c.Frames, &c.Rate.Num, &c.Rate.Den, &c.W, &c.H, &c.Codec, fromJSON{&c.Extra})
		out = append(out, c)
		return err
	})
	return out, err
}

// putPeriods replaces the periods of a deployment.
func putPeriods(ctx context.Context, tx *sql.Tx, id int64, periods []annotate.Period) error {
	if _, err := tx.ExecContext(ctx, "DELETE FROM periods WHERE deployment = ?", id); err != nil {
		return err
	}
	in := inserting(ctx, tx, "periods", "deployment, position, name, from_ns, to_ns, no_end, extra")
	for i, p := range periods {
		in.whole(id, int64(i))
		in.text(p.Name)
		in.whole(int64(p.From), int64(p.To))
		in.flags(p.Open)
		in.json(p.Extra)
		if err := in.end(); err != nil {
			return fmt.Errorf("period %s: %w", p.Name, err)
		}
	}
	return in.flush()
}

func periodsOf(ctx context.Context, tx *sql.Tx, id int64) (out []annotate.Period, err error) {
	err = each(ctx, tx, "SELECT name, from_ns, to_ns, no_end, extra FROM periods WHERE deployment = ? ORDER BY position", []any{id}, func(rows *sql.Rows) error {
		var p annotate.Period
		err := rows.Scan(&p.Name, &p.From, &p.To, &p.Open, fromJSON{&p.Extra})
		out = append(out, p)
		return err
	})
	return out, err
}
