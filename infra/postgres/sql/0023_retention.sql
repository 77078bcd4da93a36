-- How far a retention run is; deleted when it is done. That it was requested, and what
-- came of it, is in the log.

-- `kinds`: of records that it deletes.
CREATE TABLE retention_runs (
    id      text    PRIMARY KEY,
    kinds   integer NOT NULL,
    planned boolean NOT NULL DEFAULT false
);

-- Who was due when the run began, and what became of them when it was their turn.
CREATE TABLE retention_people (
    run_id  text NOT NULL REFERENCES retention_runs ON DELETE CASCADE,
    subject text NOT NULL,
    outcome text CHECK (outcome IN ('erased', 'held', 'kept')),
    PRIMARY KEY (run_id, subject)
);
CREATE INDEX retention_people_left_idx ON retention_people (run_id, subject)
    WHERE outcome IS NULL;

-- How many records were deleted, counted in the transaction that deletes them.
CREATE TABLE retention_deletions (
    run_id text    NOT NULL REFERENCES retention_runs ON DELETE CASCADE,
    name   text    NOT NULL,
    count  bigint  NOT NULL,
    done   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON retention_runs, retention_people,
    retention_deletions TO pledge_app;

CREATE INDEX deliveries_by_attempted_at ON deliveries (attempted_at);
