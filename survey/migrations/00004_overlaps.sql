-- Which taxa have animals that lie on those of another (a remora on a shark): their boxes are
-- never taken for one animal under two names.

-- +goose Up
CREATE TABLE taxon_overlaps (
    taxon TEXT NOT NULL, -- of the list of taxa
    other TEXT NOT NULL, -- as it is written there: a taxon's name or common name
    PRIMARY KEY (taxon, other)
);
