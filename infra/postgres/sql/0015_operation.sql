-- Signs of life of every process. They mean nothing after a crash, so no WAL is written.

CREATE UNLOGGED TABLE heartbeats (
    part     text        NOT NULL,
    instance text        NOT NULL,
    beat_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (part, instance)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON heartbeats TO pledge_app;

-- By this the API knows whether it can serve.
GRANT SELECT ON migrations TO pledge_app;
