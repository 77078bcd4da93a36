-- How far the export of a bundle is. That it was requested, and what came of it, is in the log.

CREATE TABLE export_progress (
    id         text        PRIMARY KEY,
    share      real        NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON export_progress TO pledge_app;
