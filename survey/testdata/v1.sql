PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE goose_db_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO goose_db_version VALUES(1,0,1,'2026-11-23 23:25:37');
INSERT INTO goose_db_version VALUES(2,1,1,'2026-11-23 23:25:37');
CREATE TABLE survey (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    uuid    TEXT NOT NULL,
    name    TEXT NOT NULL,
    created TEXT NOT NULL,
    made_by TEXT NOT NULL
);
INSERT INTO survey VALUES(1,'478556b4-9bbc-43d7-83aa-ecccb46cb71c','Récif 2026','2026-11-23T23:25:37.909987038Z','(devel)');
CREATE TABLE sources (
    id          INTEGER PRIMARY KEY,
    name        TEXT NOT NULL,
    format      TEXT NOT NULL,
    sha256      TEXT NOT NULL,
    imported_by TEXT NOT NULL,
    imported_at TEXT NOT NULL,
    notes       TEXT,
    deployments INTEGER NOT NULL DEFAULT 0,
    labels      INTEGER NOT NULL DEFAULT 0,
    media       INTEGER NOT NULL DEFAULT 0,
    tracks      INTEGER NOT NULL DEFAULT 0,
    marks       INTEGER NOT NULL DEFAULT 0,
    looks       INTEGER NOT NULL DEFAULT 0,
    sightings   INTEGER NOT NULL DEFAULT 0,
    lengths     INTEGER NOT NULL DEFAULT 0,
    counts      INTEGER NOT NULL DEFAULT 0,
    UNIQUE (name, format)
);
INSERT INTO sources VALUES(1,'a.json','test','','','',NULL,1,1,1,1,2,1,1,1,2);
CREATE TABLE deployments (
    id                INTEGER PRIMARY KEY,
    opcode            TEXT NOT NULL UNIQUE,
    added             BOOLEAN NOT NULL, -- by a person; otherwise it goes with the imports that speak of it
    stated            BOOLEAN NOT NULL, -- described; otherwise records only name it
    campaign          TEXT NOT NULL DEFAULT '',
    latitude          DOUBLE PRECISION,
    longitude         DOUBLE PRECISION,
    date_time         TEXT NOT NULL DEFAULT '',
    site              TEXT NOT NULL DEFAULT '',
    location          TEXT NOT NULL DEFAULT '',
    status            TEXT NOT NULL DEFAULT '',
    depth             DOUBLE PRECISION,
    observer_count    TEXT NOT NULL DEFAULT '',
    observer_length   TEXT NOT NULL DEFAULT '',
    successful_count  BOOLEAN,
    successful_length BOOLEAN,
    visibility        DOUBLE PRECISION,
    extra             TEXT
);
INSERT INTO deployments VALUES(1,'10',0,1,'2024-05_Récif_stereo-BRUVs',-21.5,NULL,'2024-05-01','','','',NULL,'','',1,NULL,NULL,'{"coco.iscrowd":"0"}');
INSERT INTO deployments VALUES(2,'2',0,0,'',NULL,NULL,'','','','',NULL,'','',NULL,NULL,NULL,NULL);
CREATE TABLE deployment_sources (
    deployment INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    source     INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    PRIMARY KEY (deployment, source)
);
INSERT INTO deployment_sources VALUES(1,1);
INSERT INTO deployment_sources VALUES(2,1);
CREATE TABLE chapters (
    deployment  INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    position    INTEGER NOT NULL, -- from 0
    path        TEXT NOT NULL,    -- relative to the survey folder, with "/", where the file lies in it
    base        TEXT NOT NULL,    -- file name, folded, by which media are found
    camera      INTEGER NOT NULL,
    size        BIGINT NOT NULL,
    sha256      TEXT NOT NULL,
    offset_ns   BIGINT NOT NULL,
    duration_ns BIGINT NOT NULL,
    frames      INTEGER NOT NULL,
    rate_num    BIGINT NOT NULL,
    rate_den    BIGINT NOT NULL,
    w           INTEGER NOT NULL,
    h           INTEGER NOT NULL,
    codec       TEXT NOT NULL,
    extra       TEXT,
    PRIMARY KEY (deployment, position)
);
INSERT INTO chapters VALUES(1,0,'videos/GX010001.MP4','gx010001.mp4',0,4,'aa',0,3600000000000,9,30000,1001,1920,1080,'h264',NULL);
CREATE TABLE periods (
    deployment INTEGER NOT NULL REFERENCES deployments (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    name       TEXT NOT NULL,
    from_ns    BIGINT NOT NULL,
    to_ns      BIGINT NOT NULL,
    no_end     BOOLEAN NOT NULL,
    extra      TEXT,
    PRIMARY KEY (deployment, position)
);
INSERT INTO periods VALUES(1,0,'60min',60000000000,3600000000000,0,NULL);
INSERT INTO periods VALUES(1,1,'rest',3600000000000,0,1,NULL);
CREATE TABLE taxa (
    position  INTEGER PRIMARY KEY,
    name      TEXT NOT NULL UNIQUE,
    common    TEXT NOT NULL,
    caab      TEXT NOT NULL,
    aphia_id  INTEGER NOT NULL,
    role      TEXT NOT NULL,
    classes   TEXT,
    threshold DOUBLE PRECISION NOT NULL
);
CREATE TABLE labels (
    id         INTEGER PRIMARY KEY,
    source     INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    code       TEXT NOT NULL, -- the file's own id of it
    parent     TEXT NOT NULL,
    attributes TEXT,
    extra      TEXT
);
INSERT INTO labels VALUES(1,1,'whitetip','3','sharks','[{"name":"sex","value":"","type":"choice"}]',NULL);
CREATE TABLE media (
    id         INTEGER PRIMARY KEY,
    source     INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    base       TEXT NOT NULL,                      -- as in chapters
    deployment INTEGER REFERENCES deployments (id), -- where it belongs; NULL: nowhere yet
    opcode     TEXT NOT NULL,                      -- as the source states it
    stated     BOOLEAN NOT NULL,                   -- otherwise records only name it
    code       TEXT NOT NULL,
    video      BOOLEAN NOT NULL,
    w          INTEGER NOT NULL,
    h          INTEGER NOT NULL,
    rate_num   BIGINT NOT NULL,
    rate_den   BIGINT NOT NULL,
    frames     INTEGER NOT NULL,
    failure    TEXT NOT NULL,
    split      TEXT NOT NULL,
    extra      TEXT,
    UNIQUE (source, name)
);
INSERT INTO media VALUES(1,1,'GX010001.MP4','gx010001.mp4',1,'10',1,'',1,1920,1080,5,1,9,'','',NULL);
CREATE TABLE tracks (
    id          INTEGER PRIMARY KEY,
    media       INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    track       TEXT NOT NULL,
    stated      BOOLEAN NOT NULL,
    label       TEXT NOT NULL, -- best name
    score       DOUBLE PRECISION,
    names       TEXT,          -- all names, where there is more to say than label and score
    attributes  TEXT,
    stated_by   TEXT NOT NULL,
    stated_at   TEXT NOT NULL,
    stated_from TEXT NOT NULL,
    extra       TEXT,
    UNIQUE (media, track)
);
INSERT INTO tracks VALUES(1,1,'7',1,'whitetip',0.9000000000000000222,'[{"label":"whitetip","score":0.9,"scored":true},{"label":"grey","score":0}]',NULL,'É. Dupont','2024-05-01T08:18:54+08:00','a.json',NULL);
CREATE TABLE marks (
    id          INTEGER PRIMARY KEY,
    media       INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    code        TEXT NOT NULL,
    track       TEXT NOT NULL,
    frame       INTEGER, -- from 0
    time_ns     BIGINT,  -- from the start of the media
    kind        TEXT NOT NULL,
    x0          DOUBLE PRECISION, -- pixels: the upright box around the shape
    y0          DOUBLE PRECISION,
    x1          DOUBLE PRECISION,
    y1          DOUBLE PRECISION,
    shape       TEXT,             -- the whole shape, where it is no plain box or point
    label       TEXT NOT NULL,
    score       DOUBLE PRECISION,
    names       TEXT,
    still       BOOLEAN NOT NULL,
    drawn_between BOOLEAN NOT NULL,
    outside     BOOLEAN NOT NULL,
    occluded    BOOLEAN NOT NULL,
    truncated   BOOLEAN NOT NULL,
    difficult   BOOLEAN NOT NULL,
    crowd       BOOLEAN NOT NULL,
    visibility  DOUBLE PRECISION NOT NULL,
    attributes  TEXT,
    stated_by   TEXT NOT NULL,
    stated_at   TEXT NOT NULL,
    stated_from TEXT NOT NULL,
    extra       TEXT
);
INSERT INTO marks VALUES(1,1,'','7',3,NULL,'box',1.0,2.0,3.5,4.0,NULL,'',NULL,NULL,1,0,0,0,0,0,0,0.0,NULL,'','','','{"coco.iscrowd":"0"}');
INSERT INTO marks VALUES(2,1,'9','',NULL,1000000000,'polygon',1.0,1.0,2.0,2.0,'{"kind":"polygon","points":[{"x":1,"y":1},{"x":2,"y":1},{"x":2,"y":2}]}','whitetip',NULL,NULL,0,0,0,1,0,0,0,0.0,NULL,'','','',NULL);
CREATE TABLE looks (
    id      INTEGER PRIMARY KEY,
    media   INTEGER NOT NULL REFERENCES media (id) ON DELETE CASCADE,
    frame   INTEGER,
    time_ns BIGINT
);
INSERT INTO looks VALUES(1,1,3,NULL);
CREATE TABLE sightings (
    id             INTEGER PRIMARY KEY,
    source         INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    deployment     INTEGER REFERENCES deployments (id),
    media          TEXT NOT NULL, -- file name
    frame          INTEGER,
    time_ns        BIGINT,        -- from the start of the deployment
    period         TEXT NOT NULL,
    period_time_ns BIGINT,
    family         TEXT NOT NULL,
    genus          TEXT NOT NULL,
    species        TEXT NOT NULL,
    caab           TEXT NOT NULL,
    number         INTEGER NOT NULL,
    stage          TEXT NOT NULL,
    activity       TEXT NOT NULL,
    comment        TEXT NOT NULL,
    kind           TEXT NOT NULL,
    x0             DOUBLE PRECISION,
    y0             DOUBLE PRECISION,
    x1             DOUBLE PRECISION,
    y1             DOUBLE PRECISION,
    shape          TEXT,
    stated_by      TEXT NOT NULL,
    stated_at      TEXT NOT NULL,
    stated_from    TEXT NOT NULL,
    extra          TEXT
);
INSERT INTO sightings VALUES(1,1,1,'GX010001.MP4',8,1000000000,'60min',NULL,'Carcharhinidae','Triaenodon','obesus','37018038',2,'AD','','','points',5.0,6.0,5.0,6.0,NULL,'É. Dupont','2024-05-01T08:18:54+08:00','a.json',NULL);
CREATE TABLE lengths (
    id           INTEGER PRIMARY KEY,
    source       INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    deployment   INTEGER REFERENCES deployments (id),
    media        TEXT NOT NULL,
    frame        INTEGER,
    time_ns      BIGINT,
    period       TEXT NOT NULL,
    family       TEXT NOT NULL,
    genus        TEXT NOT NULL,
    species      TEXT NOT NULL,
    caab         TEXT NOT NULL,
    number       INTEGER NOT NULL,
    length_mm    DOUBLE PRECISION,
    precision_mm DOUBLE PRECISION,
    rms_mm       DOUBLE PRECISION,
    range_mm     DOUBLE PRECISION,
    stage        TEXT NOT NULL,
    activity     TEXT NOT NULL,
    comment      TEXT NOT NULL,
    stated_by    TEXT NOT NULL,
    stated_at    TEXT NOT NULL,
    stated_from  TEXT NOT NULL,
    extra        TEXT
);
INSERT INTO lengths VALUES(1,1,1,'',NULL,NULL,'','Carcharhinidae','Triaenodon','obesus','37018038',1,1234.5,NULL,NULL,NULL,'','','','','','',NULL);
CREATE TABLE counts (
    id          INTEGER PRIMARY KEY,
    source      INTEGER NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    deployment  INTEGER REFERENCES deployments (id),
    campaign    TEXT NOT NULL,
    media       TEXT NOT NULL,
    family      TEXT NOT NULL,
    genus       TEXT NOT NULL,
    species     TEXT NOT NULL,
    caab        TEXT NOT NULL,
    label       TEXT NOT NULL,
    stage       TEXT NOT NULL,
    metric      TEXT NOT NULL, -- '' is MaxN
    value       DOUBLE PRECISION NOT NULL,
    low         DOUBLE PRECISION,
    high        DOUBLE PRECISION,
    time_ns     BIGINT,
    stated_by   TEXT NOT NULL,
    stated_at   TEXT NOT NULL,
    stated_from TEXT NOT NULL,
    extra       TEXT
);
INSERT INTO counts VALUES(1,1,1,'','','Carcharhinidae','Triaenodon','obesus','37018038','','','',2.0,NULL,3.0,NULL,'','','',NULL);
INSERT INTO counts VALUES(2,1,2,'','','','','','','whitetip','','',0.0,NULL,NULL,NULL,'','','',NULL);
CREATE TABLE runs (
    nr            INTEGER PRIMARY KEY,
    id            TEXT NOT NULL UNIQUE,
    kind          TEXT NOT NULL,
    deployment    INTEGER REFERENCES deployments (id),
    run_key       TEXT NOT NULL,
    folder        TEXT NOT NULL,
    started       TEXT NOT NULL,
    finished      TEXT NOT NULL, -- '' while it is not
    unreadable_ns BIGINT NOT NULL,
    record        TEXT,
    result        TEXT,          -- count.Result
    names         TEXT,          -- the taxa that detections and tracks are numbered by
    frames        INTEGER NOT NULL DEFAULT 0,
    detections    INTEGER NOT NULL DEFAULT 0,
    tracks        INTEGER NOT NULL DEFAULT 0
);
INSERT INTO runs VALUES(1,'run-1','count',1,'k','runs/10','2026-02-03T04:05:06.000000000Z','2026-02-03T04:06:06.000000000Z',1000000000,'{"schema":"requin.run/1"}','{"duration_s":0.000,"every_s":0.000,"period":{"from_s":0.000,"to_s":0.000,"period_from_s":0.000,"period_to_s":0.000},"effort":{"frames":0,"analysed_s":0.000,"not_analysed_s":0.000,"not_analysed_fraction":0,"gaps":null},"interval_s":0.000,"intervals":null,"taxa":[{"taxon":"Triaenodon obesus","maxn":1,"tmaxn":null,"tfs":null,"mean_count":null,"tracks":0,"frames_seen":0,"maxn_per_interval":null,"counts":null,"cumulative_maxn":null,"evidence":null}],"not_counted":null}','["Triaenodon obesus","other"]',2,1,1);
CREATE TABLE run_frames (
    run        INTEGER NOT NULL REFERENCES runs (nr) ON DELETE CASCADE,
    position   INTEGER NOT NULL, -- from 0
    time_ns    BIGINT NOT NULL,
    chapter    INTEGER NOT NULL,
    pts        BIGINT NOT NULL,
    base_num   BIGINT NOT NULL,
    base_den   BIGINT NOT NULL,
    detections BLOB NOT NULL,
    PRIMARY KEY (run, position)
);
INSERT INTO run_frames VALUES(1,0,0,0,0,1,30000,X'');
INSERT INTO run_frames VALUES(1,1,1000000000,0,30000,1,30000,X'000000000000f03f000000000000004000000000000008400000000000001140000000403f02000000403f01cdcccc3d');
CREATE TABLE run_tracks (
    run      INTEGER NOT NULL REFERENCES runs (nr) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    track    INTEGER NOT NULL,
    taxon    TEXT NOT NULL,
    scores   BLOB NOT NULL,
    first_ns BIGINT NOT NULL,
    last_ns  BIGINT NOT NULL,
    points   BLOB NOT NULL,
    PRIMARY KEY (run, position)
);
INSERT INTO run_tracks VALUES(1,0,1,'Triaenodon obesus',X'02000000403f01cdcccc3d',1000000000,1000000000,X'0201');
CREATE TABLE run_maxn (
    run      INTEGER NOT NULL REFERENCES runs (nr) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    taxon    TEXT NOT NULL,
    maxn     INTEGER, -- NULL: no frame was looked at
    tmaxn_ns BIGINT,
    PRIMARY KEY (run, position)
);
INSERT INTO run_maxn VALUES(1,0,'Triaenodon obesus',1,NULL);
CREATE TABLE verdicts (
    id         BIGINT PRIMARY KEY,
    deployment INTEGER NOT NULL REFERENCES deployments (id),
    run        TEXT NOT NULL,
    kind       TEXT NOT NULL,
    track      INTEGER NOT NULL,
    time_ns    BIGINT NOT NULL,
    before     TEXT,
    after      TEXT,
    stated_by  TEXT NOT NULL,
    stated_at  TEXT NOT NULL
);
INSERT INTO verdicts VALUES(1,1,'run-1','reject',1,0,'{"taxon":"a"}',NULL,'B','');
CREATE TABLE datasets (
    name     TEXT PRIMARY KEY,
    path     TEXT NOT NULL,
    manifest TEXT NOT NULL, -- its SHA-256
    created  TEXT NOT NULL,
    settings TEXT
);
CREATE TABLE models (
    name    TEXT PRIMARY KEY,
    path    TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    created TEXT NOT NULL,
    card    TEXT
);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('goose_db_version',2);
CREATE INDEX deployment_sources_source ON deployment_sources (source);
CREATE INDEX chapters_base ON chapters (base);
CREATE INDEX chapters_sha256 ON chapters (sha256);
CREATE INDEX labels_source ON labels (source);
CREATE INDEX labels_name ON labels (name, parent, source);
CREATE INDEX media_deployment ON media (deployment);
CREATE INDEX media_base ON media (base);
CREATE INDEX marks_media ON marks (media, id);
CREATE INDEX looks_media ON looks (media, id);
CREATE INDEX sightings_source ON sightings (source);
CREATE INDEX sightings_deployment ON sightings (deployment);
CREATE INDEX lengths_source ON lengths (source);
CREATE INDEX lengths_deployment ON lengths (deployment);
CREATE INDEX counts_source ON counts (source);
CREATE INDEX counts_deployment ON counts (deployment);
CREATE INDEX runs_deployment ON runs (deployment, kind, run_key);
CREATE INDEX verdicts_deployment ON verdicts (deployment, id);
CREATE TRIGGER verdicts_not_changed BEFORE UPDATE ON verdicts
BEGIN
    SELECT RAISE(ABORT, 'verdicts are only ever appended');
END;
CREATE TRIGGER verdicts_not_deleted BEFORE DELETE ON verdicts
BEGIN
    SELECT RAISE(ABORT, 'verdicts are only ever appended');
END;
COMMIT;
