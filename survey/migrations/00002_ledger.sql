-- What was kept, and its hash, one line after the other: each line's chain is the hash of the
-- line before and of its own, so that no line can be changed without it showing.
-- What people declare once of the whole study.

-- +goose Up
CREATE TABLE ledger (
    nr     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL,
    kind   TEXT NOT NULL, -- deployment, import, taxa, dataset, model, run, verdict, declaration
    name   TEXT NOT NULL,
    parts  TEXT,          -- SHA-256 of each of its parts; NULL: it was removed
    chain  TEXT NOT NULL
);
CREATE INDEX ledger_name ON ledger (kind, name, nr);

-- +goose StatementBegin
CREATE TRIGGER ledger_not_changed BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only ever appended to');
END;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE TRIGGER ledger_not_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is only ever appended to');
END;
-- +goose StatementEnd

CREATE TABLE declarations (
    name      TEXT PRIMARY KEY,
    value     TEXT NOT NULL,
    stated_by TEXT NOT NULL,
    stated_at TEXT NOT NULL
);
