-- The chance that any certificate of the survey may be wrong, where one was asked for; what a kept count knows of it: down to which risk
-- it was told, and the taxa whose certificate the survey's limit has no room for. A certificate's risk is kept beside what its looks tell.

-- +goose Up
ALTER TABLE survey ADD COLUMN several_limit DOUBLE PRECISION NOT NULL DEFAULT 0; -- 0: none was asked for
ALTER TABLE run_reviewed ADD COLUMN several_limit DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE run_reviewed ADD COLUMN finest DOUBLE PRECISION NOT NULL DEFAULT 0;
ALTER TABLE run_reviewed ADD COLUMN withheld TEXT; -- JSON list of names; NULL: none
ALTER TABLE run_evidence ADD COLUMN risk DOUBLE PRECISION; -- of the certificate that the taxon has by itself; NULL: it has none
