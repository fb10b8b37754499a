package survey

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations are the steps that make a database and bring an older one up to date.
func migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

func provider(db *sql.DB, steps fs.FS) (*goose.Provider, error) {
	return goose.NewProvider(goose.DialectSQLite3, db, steps, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
}

// errNotOurs says that a database is none of a survey.
var errNotOurs = errors.New("requin.db in this folder holds no survey: move it aside, and make one with requin init")

// pending tells whether a survey's database lacks steps. It changes nothing. It
// refuses databases that are no survey's, and those of a newer Requin.
func pending(ctx context.Context, db *sql.DB, steps fs.FS) (bool, error) {
	p, err := provider(db, steps)
	if err != nil {
		return false, err
	}
	sources := p.ListSources()
	latest := sources[len(sources)-1].Version
	var tables int
	err = db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN (?, 'survey')", goose.DefaultTablename).Scan(&tables)
	if err != nil {
		return false, err
	}
	if tables < 2 {
		return false, errNotOurs
	}
	var version int64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM "+goose.DefaultTablename).Scan(&version); err != nil {
		return false, err
	}
	if version > latest {
		return false, fmt.Errorf("this survey was made or changed by a newer Requin (its database has version %d, this Requin knows up to %d): install the newer Requin here too", version, latest)
	}
	return version < latest, nil
}

// migrate applies the steps that a database lacks, each whole or not at all.
func migrate(ctx context.Context, db *sql.DB, steps fs.FS) error {
	p, err := provider(db, steps)
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	if err == nil {
		return nil
	}
	// Another process may have taken the same step meanwhile.
	if lacks, check := pending(ctx, db, steps); check == nil && !lacks {
		return nil
	}
	return fmt.Errorf("the survey's database cannot be brought up to date: %w", err)
}
