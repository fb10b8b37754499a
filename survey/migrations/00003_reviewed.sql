-- What people made of a count. It follows from the run and from the verdicts on its deployment, and is kept so that
-- it need not be worked out each time; requin verify works it out anew.

-- +goose Up
CREATE TABLE run_reviewed (
    run          INTEGER PRIMARY KEY REFERENCES runs (nr) ON DELETE CASCADE,
    last_verdict BIGINT NOT NULL,           -- id of the last one that it rests on
    rule         INTEGER NOT NULL,          -- by which it was derived
    risk_limit   DOUBLE PRECISION NOT NULL, -- chance of a greater MaxN under which a taxon is certified
    result       TEXT NOT NULL              -- count.Result
);
