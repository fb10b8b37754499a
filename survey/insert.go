package survey

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// batch is how many rows one statement inserts: SQLite does them faster together,
// up to a few dozen.
const batch = 64

// inserter puts many rows into a table.
type inserter struct {
	row     // of the next statement
	ctx     context.Context
	tx      *sql.Tx
	table   string
	columns string
	many    *sql.Stmt
	rows    int
	id      int64 // of the row before; counted on where the first column is an id
}

// inserting prepares for rows of a table with these columns.
func inserting(ctx context.Context, tx *sql.Tx, table, columns string) *inserter {
	return &inserter{ctx: context.WithoutCancel(ctx), tx: tx, table: table, columns: columns} // see end for why not ctx
}

// numbered does the same for a table whose first column is an id.
func numbered(ctx context.Context, tx *sql.Tx, table, columns string) (*inserter, error) {
	in := inserting(ctx, tx, table, columns)
	err := tx.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0) FROM "+table).Scan(&in.id)
	return in, err
}

// next begins a numbered row.
func (in *inserter) next() { in.id++; in.whole(in.id) }

// end ends a row. Statements do not watch the context, which would cost each as much as a
// row; who inserts many rows looks at it.
func (in *inserter) end() error {
	if in.err != nil {
		return in.err
	}
	if in.rows++; in.rows < batch {
		return nil
	}
	if in.many == nil {
		var err error
		if in.many, err = in.tx.PrepareContext(in.ctx, in.statement(batch)); err != nil {
			return err
		}
	}
	_, err := in.many.ExecContext(in.ctx, in.values...)
	in.reset()
	return err
}

// flush inserts the rows that are left.
func (in *inserter) flush() error {
	if in.rows == 0 {
		return nil
	}
	_, err := in.tx.ExecContext(in.ctx, in.statement(in.rows), in.values...)
	in.reset()
	return err
}

func (in *inserter) reset() { in.values, in.rows = in.values[:0], 0 }

// statement inserts n rows.
func (in *inserter) statement(n int) string {
	one := "(" + placeholders(strings.Count(in.columns, ",")+1) + ")"
	return fmt.Sprintf("INSERT INTO %s (%s) VALUES %s", in.table, in.columns, strings.TrimSuffix(strings.Repeat(one+", ", n), ", "))
}

func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
