-- Every clock of every ticket: what reports count, and who uses which policy or calendar.
-- A row of a clock that is not live never changes again, but for an excuse.

CREATE TABLE clocks (
    ticket_id        text        NOT NULL,
    metric           text        NOT NULL,
    cycle            integer     NOT NULL,
    version          bigint      NOT NULL,
    policy_name      text        NOT NULL,
    policy_version   integer     NOT NULL,
    calendar_name    text,
    calendar_version integer,
    state            text        NOT NULL,
    live             boolean     NOT NULL,
    team             text,
    tier             text        NOT NULL,
    priority         text        NOT NULL,
    type             text        NOT NULL,
    started_at       timestamptz NOT NULL,
    due_at           timestamptz,
    breached_at      timestamptz,
    stopped_at       timestamptz,
    excused          boolean     NOT NULL,
    target_s         numeric     NOT NULL,
    elapsed_s        numeric,
    PRIMARY KEY (ticket_id, metric, cycle)
) WITH (fillfactor = 70);
CREATE INDEX clocks_live_idx ON clocks (live) WHERE live;
-- A clock is counted when it broke its promise, else when it stopped.
CREATE INDEX clocks_judged_idx ON clocks ((coalesce(breached_at, stopped_at)));
CREATE INDEX clocks_started_idx ON clocks (started_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON clocks TO pledge_app;

-- The projector reads the log once more, for the tickets that it has seen already.
UPDATE follower_positions SET position = 0 WHERE follower = 'projector';
