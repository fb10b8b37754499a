package survey

import (
	"context"
	"database/sql"
	"fmt"

	"requin/annotate"
)

// place finds the deployment that a media belongs to by its file name: the one
// with a chapter of that name. Where several have one (cameras begin anew with
// each card), the folders before the name decide, if they can. 0: none, or it cannot be told.
func place(ctx context.Context, chapters *sql.Stmt, name string) (int64, error) {
	want := parts(name)
	if len(want) == 0 {
		return 0, nil
	}
	rows, err := chapters.QueryContext(ctx, want[len(want)-1])
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	best, found, tie := 0, int64(0), false
	for rows.Next() {
		var id int64
		var path string
		if err := rows.Scan(&id, &path); err != nil {
			return 0, err
		}
		switch n := sameEnd(want, parts(path)); {
		case n > best:
			best, found, tie = n, id, false
		case n == best && id != found:
			tie = true
		}
	}
	if tie {
		return 0, rows.Err()
	}
	return found, rows.Err()
}

// byName prepares the statement by which place finds chapters.
func byName(ctx context.Context, tx *sql.Tx) (*sql.Stmt, error) {
	return tx.PrepareContext(ctx, "SELECT deployment, path FROM chapters WHERE base = ?")
}

// sameEnd is how many of their last parts two paths share.
func sameEnd(a, b []string) int {
	n := 0
	for n < len(a) && n < len(b) && a[len(a)-1-n] == b[len(b)-1-n] {
		n++
	}
	return n
}

// placeLater gives media and statements that belong nowhere to the deployments
// whose chapters, now that these came, bear their names.
func placeLater(ctx context.Context, tx *sql.Tx, chapters []annotate.Chapter) error {
	for _, c := range chapters {
		name := base(c.Path)
		err := placeRows(ctx, tx, "SELECT id, source, name FROM media WHERE base = ? AND deployment IS NULL AND opcode = ''", []any{name}, "media")
		if err != nil {
			return err
		}
	}
	for _, table := range []string{"sightings", "lengths", "counts"} {
		if err := placeRows(ctx, tx, "SELECT id, source, media FROM "+table+" WHERE deployment IS NULL", nil, table); err != nil {
			return err
		}
	}
	return nil
}

// placeRows does that for the rows of a query: id, source, file name.
func placeRows(ctx context.Context, tx *sql.Tx, query string, args []any, table string) error {
	type row struct {
		id, source int64
		name       string
	}
	var rows []row
	err := each(ctx, tx, query, args, func(r *sql.Rows) error {
		var one row
		err := r.Scan(&one.id, &one.source, &one.name)
		rows = append(rows, one)
		return err
	})
	if err != nil {
		return err
	}
	chapters, err := byName(ctx, tx)
	if err != nil {
		return err
	}
	defer chapters.Close()
	for _, r := range rows {
		id, err := place(ctx, chapters, r.name)
		if err != nil || id == 0 {
			if err != nil {
				return err
			}
			continue
		}
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET deployment = ? WHERE id = ?", table), id, r.id); err != nil {
			return err
		}
		if err := speaksOf(ctx, tx, r.source, id); err != nil {
			return err
		}
	}
	return nil
}

// speaksOf notes that an import speaks of a deployment.
func speaksOf(ctx context.Context, tx *sql.Tx, source, deployment int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO deployment_sources (deployment, source) VALUES (?, ?) ON CONFLICT (deployment, source) DO NOTHING", deployment, source)
	return err
}
