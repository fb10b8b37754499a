package survey

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"time"
)

// Dataset is a frozen dataset: its files lie at Path, as stored.
type Dataset struct {
	Name, Path, Manifest string // Manifest is its SHA-256
	Created              time.Time
	Settings             json.RawMessage
}

// Model is a detector: its file lies at Path, as stored.
type Model struct {
	Name, Path, SHA256 string
	Created            time.Time
	Card               json.RawMessage
}

// product is what datasets and models have in common: a name, a place, a hash, and how they came about.
type product struct {
	name, path, hash string
	created          time.Time
	about            json.RawMessage
}

// PutDataset keeps a dataset in place of an earlier one of its name.
func (s *Survey) PutDataset(ctx context.Context, d Dataset) error {
	return s.putProduct(ctx, "datasets", "manifest", "settings", product{d.Name, d.Path, d.Manifest, d.Created, d.Settings})
}

// Datasets gives the datasets, the oldest first.
func (s *Survey) Datasets(ctx context.Context) (out []Dataset, err error) {
	err = s.products(ctx, "datasets", "manifest", "settings", func(p product) { out = append(out, Dataset{p.name, p.path, p.hash, p.created, p.about}) })
	return out, err
}

// PutModel keeps a model in place of an earlier one of its name.
func (s *Survey) PutModel(ctx context.Context, m Model) error {
	return s.putProduct(ctx, "models", "sha256", "card", product{m.Name, m.Path, m.SHA256, m.Created, m.Card})
}

// Models gives the models, the oldest first.
func (s *Survey) Models(ctx context.Context) (out []Model, err error) {
	err = s.products(ctx, "models", "sha256", "card", func(p product) { out = append(out, Model{p.name, p.path, p.hash, p.created, p.about}) })
	return out, err
}

func (s *Survey) putProduct(ctx context.Context, table, hash, about string, p product) error {
	if p.name == "" {
		return errors.New("it needs a name")
	}
	if filepath.IsAbs(p.path) {
		p.path = s.Stored(p.path)
	}
	var r row
	r.text(p.name, p.path, p.hash, moment(p.created))
	r.raw("the "+about, p.about)
	if r.err != nil {
		return r.err
	}
	return s.write(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO "+table+" (name, path, "+hash+", created, "+about+") VALUES (?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET path = excluded.path, "+
			hash+" = excluded."+hash+", created = excluded.created, "+about+" = excluded."+about, r.values...)
		if err != nil {
			return err
		}
		return keepHash(ctx, tx, strings.TrimSuffix(table, "s"), p.name)
	})
}

func (s *Survey) products(ctx context.Context, table, hash, about string, take func(product)) error {
	return s.read(ctx, func(tx *sql.Tx) error {
		return each(ctx, tx, "SELECT name, path, "+hash+", created, "+about+" FROM "+table+" ORDER BY created, name", nil, func(rows *sql.Rows) error {
			var p product
			if err := rows.Scan(&p.name, &p.path, &p.hash, fromTime{&p.created}, rawJSON{&p.about}); err != nil {
				return err
			}
			take(p)
			return nil
		})
	})
}
