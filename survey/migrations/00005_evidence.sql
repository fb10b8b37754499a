-- What a reviewed count tells of the survey's other deployments: how well the model sees a taxon, how many come, how
-- well the readers read. pooled is of what a kept count took of the others.

-- +goose Up
ALTER TABLE run_reviewed ADD COLUMN pooled TEXT NOT NULL DEFAULT '';
CREATE TABLE run_evidence (
    run     INTEGER NOT NULL REFERENCES runs (nr) ON DELETE CASCADE,
    taxon   TEXT NOT NULL,
    model   TEXT NOT NULL,             -- what it is evidence of
    found   DOUBLE PRECISION NOT NULL, -- arrivals that the model found
    met     DOUBLE PRECISION NOT NULL, -- arrivals that it missed and that looks met
    covered DOUBLE PRECISION NOT NULL, -- chance that looks meet an arrival that it missed
    hours   DOUBLE PRECISION NOT NULL, -- in which an arrival would be in the frames
    PRIMARY KEY (run, taxon)
);
