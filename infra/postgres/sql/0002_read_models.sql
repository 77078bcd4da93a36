-- What followers make of the log. All of it can be dropped and made again.

CREATE TABLE follower_positions (
    follower   text        PRIMARY KEY,
    position   bigint      NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50);

-- A stream that a follower could not digest: visible here, tried again, never in the way.
CREATE TABLE parked_streams (
    follower  text        NOT NULL,
    stream_id text        NOT NULL,
    position  bigint      NOT NULL,
    error     text        NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (follower, stream_id)
);

CREATE TABLE tickets (
    id           text        PRIMARY KEY,
    number       bigint      NOT NULL,
    version      bigint      NOT NULL,
    status       text        NOT NULL,
    subject      text        NOT NULL,
    channel      text        NOT NULL,
    type         text        NOT NULL,
    priority     text        NOT NULL,
    tier         text        NOT NULL,
    customer     text        NOT NULL,
    team         text,
    assignee     text,
    product_area text,
    tags         text[]      NOT NULL,
    clock_states text[]      NOT NULL,
    due_at       timestamptz,
    next_due_ms  bigint,
    done         boolean     NOT NULL,
    opened_at    timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX tickets_opened_idx ON tickets (opened_at DESC, id DESC);
CREATE INDEX tickets_next_due_idx ON tickets (next_due_ms) WHERE next_due_ms IS NOT NULL;
CREATE INDEX tickets_load_idx ON tickets (assignee) WHERE status NOT IN ('resolved', 'closed');

-- Where each subscription stands, and each try to deliver. The secret is sealed with
-- a key that is kept outside the database.
CREATE TABLE subscription_secrets (
    subscription_id text  PRIMARY KEY,
    sealed          bytea NOT NULL
);
CREATE TABLE subscription_positions (
    subscription_id text        PRIMARY KEY,
    position        bigint      NOT NULL,
    updated_at      timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE deliveries (
    id              bigserial   PRIMARY KEY,
    subscription_id text        NOT NULL,
    position        bigint      NOT NULL,
    event_type      text        NOT NULL,
    attempt         integer     NOT NULL,
    state           text        NOT NULL CHECK (state IN ('delivered', 'failed')),
    status_code     integer,
    detail          text,
    duration_ms     integer     NOT NULL,
    attempted_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX deliveries_subscription_idx ON deliveries (subscription_id, id DESC);

GRANT SELECT, INSERT, UPDATE, DELETE ON follower_positions, parked_streams, tickets,
    subscription_secrets, subscription_positions, deliveries TO pledge_app;
GRANT USAGE ON SEQUENCE deliveries_id_seq TO pledge_app;
