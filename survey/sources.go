package survey

import (
	"context"
	"database/sql"
	"fmt"
)

// SourceInfo is an import, and how many records of each kind it brought.
type SourceInfo struct {
	Source
	Imported
}

// Sources gives the imports, in the order in which they were made.
func (s *Survey) Sources(ctx context.Context) ([]SourceInfo, error) {
	var out []SourceInfo
	err := s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, `SELECT name, format, sha256, imported_by, imported_at, notes, deployments, labels, media, tracks, marks, looks, sightings, lengths, counts
			FROM sources ORDER BY id`, nil, func(rows *sql.Rows) error {
			var i SourceInfo
			err := rows.Scan(&i.Name, &i.Format, &i.SHA256, &i.By, fromTime{&i.At}, fromJSON{&i.Notes},
				&i.Deployments, &i.Labels, &i.Media, &i.Tracks, &i.Marks, &i.Looks, &i.Sightings, &i.Lengths, &i.Counts)
			out = append(out, i)
			return err
		})
	})
	return out, err
}

// RemoveSource removes an import with all its records. Deployments that only it
// spoke of go with it, unless a run or a verdict is of them; what it added to
// other deployments stays.
func (s *Survey) RemoveSource(ctx context.Context, name string) error {
	return s.write(ctx, func(tx *sql.Tx) error {
		ids, err := sourceIDs(ctx, tx, name)
		if err != nil {
			return err
		}
		imports, opcodes, err := importsOf(ctx, tx, name)
		if err != nil {
			return err
		}
		for _, id := range ids {
			if err := removeRecords(ctx, tx, id); err != nil {
				return err
			}
		}
		if err := dropOrphans(ctx, tx); err != nil {
			return err
		}
		return keepHashesOf(ctx, tx, name, imports, opcodes)
	})
}

// sourceIDs are the numbers of the imports of a name: one for each format.
func sourceIDs(ctx context.Context, tx *sql.Tx, name string) (ids []int64, err error) {
	err = each(ctx, tx, "SELECT id FROM sources WHERE name = ?", []any{name}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err == nil && len(ids) == 0 {
		err = fmt.Errorf("nothing was imported from %q: check its name with requin list", name)
	}
	return ids, err
}

// removeRecords removes an import; its records refer to it and go too.
func removeRecords(ctx context.Context, tx *sql.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM sources WHERE id = ?", id)
	return err
}

// dropOrphans removes deployments that no person added and nothing speaks of any more.
func dropOrphans(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM deployments WHERE NOT added
		AND NOT EXISTS (SELECT 1 FROM deployment_sources s WHERE s.deployment = deployments.id)
		AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.deployment = deployments.id)
		AND NOT EXISTS (SELECT 1 FROM verdicts v WHERE v.deployment = deployments.id)`)
	return err
}
