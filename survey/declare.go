package survey

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Declaration is what a person says of the whole study, and no program can measure: its licence, who paid for it.
type Declaration struct {
	Name, Value, By string
	At              time.Time
}

// Declare keeps a declaration in place of an earlier one of its name; an empty value takes it back.
func (s *Survey) Declare(ctx context.Context, d Declaration) error {
	d.Name, d.Value = strings.TrimSpace(d.Name), strings.TrimSpace(d.Value)
	if d.Name == "" {
		return errors.New("a declaration needs a name")
	}
	var r row
	r.text(d.Name, d.Value, d.By, moment(d.At))
	if r.err != nil {
		return r.err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		query, values := `INSERT INTO declarations (name, value, stated_by, stated_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value, stated_by = excluded.stated_by, stated_at = excluded.stated_at`, r.values
		if d.Value == "" {
			query, values = "DELETE FROM declarations WHERE name = ?", r.values[:1]
		}
		if _, err := tx.ExecContext(ctx, query, values...); err != nil {
			return err
		}
		return keepHash(ctx, tx, KeptDeclaration, d.Name)
	})
}

// Declarations gives what was declared, by name.
func (s *Survey) Declarations(ctx context.Context) (out []Declaration, err error) {
	err = s.read(ctx, func(tx *sql.Tx) error {
		out = nil
		return each(ctx, tx, "SELECT name, value, stated_by, stated_at FROM declarations ORDER BY name", nil, func(rows *sql.Rows) error {
			var d Declaration
			err := rows.Scan(&d.Name, &d.Value, &d.By, fromTime{&d.At})
			out = append(out, d)
			return err
		})
	})
	return out, err
}
