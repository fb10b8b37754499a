package survey

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"requin/taxon"
)

// SetTaxa replaces the survey's list of taxa. Names must be there and differ.
func (s *Survey) SetTaxa(ctx context.Context, taxa taxon.List) error {
	seen := map[string]bool{}
	for _, t := range taxa {
		if t.Name == "" {
			return errors.New("a taxon without a name: every taxon needs one")
		}
		if seen[t.Name] {
			return fmt.Errorf("taxon %q is listed twice: list it once", t.Name)
		}
		seen[t.Name] = true
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"taxa", "taxon_overlaps"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		in := inserting(ctx, tx, "taxa", "position, name, common, caab, aphia_id, role, classes, threshold")
		for i, t := range taxa {
			in.whole(int64(i))
			in.text(t.Name, t.Common, t.CAAB)
			in.whole(int64(t.AphiaID))
			in.text(string(t.Role))
			in.json(t.Classes)
			in.number(t.Threshold)
			if err := in.end(); err != nil {
				return fmt.Errorf("taxon %q: %w", t.Name, err)
			}
		}
		if err := in.flush(); err != nil {
			return err
		}
		for _, t := range taxa {
			for _, other := range t.Overlaps {
				if _, err := tx.ExecContext(ctx, "INSERT OR IGNORE INTO taxon_overlaps (taxon, other) VALUES (?, ?)", t.Name, other); err != nil {
					return fmt.Errorf("taxon %q: %w", t.Name, err)
				}
			}
		}
		return keepHash(ctx, tx, KeptTaxa, "")
	})
}

// Taxa is the survey's list of taxa, in its order; empty where none were set.
func (s *Survey) Taxa(ctx context.Context) (taxon.List, error) {
	var out taxon.List
	err := s.read(ctx, func(tx *sql.Tx) error {
		overlaps := map[string][]string{}
		err := each(ctx, tx, "SELECT taxon, other FROM taxon_overlaps ORDER BY rowid", nil, func(rows *sql.Rows) error {
			var name, other string
			err := rows.Scan(&name, &other)
			overlaps[name] = append(overlaps[name], other)
			return err
		})
		if err != nil {
			return err
		}
		return each(ctx, tx, "SELECT name, common, caab, aphia_id, role, classes, threshold FROM taxa ORDER BY position", nil, func(rows *sql.Rows) error {
			var t taxon.Taxon
			err := rows.Scan(&t.Name, &t.Common, &t.CAAB, &t.AphiaID, &t.Role, fromJSON{&t.Classes}, &t.Threshold)
			t.Overlaps = overlaps[t.Name]
			out = append(out, t)
			return err
		})
	})
	return out, err
}
