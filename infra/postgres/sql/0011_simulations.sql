-- Drafts of configuration that are tried out on past tickets, and what came of it: a row
-- for each job, and one for each page of its tickets. Not part of the log: a job may be
-- deleted at any time, and old ones are.

CREATE TABLE simulations (
    id             text        PRIMARY KEY,
    command_id     text        NOT NULL UNIQUE,
    request_sha256 text        NOT NULL,
    state          text        NOT NULL DEFAULT 'waiting'
                               CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    as_of          timestamptz NOT NULL,
    draft          jsonb       NOT NULL,
    warnings       jsonb       NOT NULL,
    ticket_ids     text[]      NOT NULL,
    revision       bigint,
    error          text,
    created_at     timestamptz NOT NULL DEFAULT now(),
    finished_at    timestamptz
);
CREATE INDEX simulations_unfinished_idx ON simulations (created_at) WHERE finished_at IS NULL;
GRANT SELECT, INSERT, UPDATE, DELETE ON simulations TO pledge_app;

CREATE TABLE simulation_pages (
    simulation_id text    NOT NULL REFERENCES simulations ON DELETE CASCADE,
    page          integer NOT NULL,
    done          integer NOT NULL,
    summary       jsonb   NOT NULL,
    tickets       jsonb   NOT NULL,
    left_out      jsonb   NOT NULL,
    PRIMARY KEY (simulation_id, page)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON simulation_pages TO pledge_app;
