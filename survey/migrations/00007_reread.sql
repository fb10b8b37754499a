-- What looks that were had twice tell of the readers.

-- +goose Up
ALTER TABLE run_evidence ADD COLUMN seen DOUBLE PRECISION NOT NULL DEFAULT 0;       -- times that an animal was there to be seen in a frame looked at twice
ALTER TABLE run_evidence ADD COLUMN overlooked DOUBLE PRECISION NOT NULL DEFAULT 0; -- of these, times that it was not seen
ALTER TABLE run_evidence ADD COLUMN added DOUBLE PRECISION NOT NULL DEFAULT 0;      -- animals that those looks counted and that were none
