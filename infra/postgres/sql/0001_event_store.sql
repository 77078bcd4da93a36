-- The truth: an append-only log, and which commands are in it.

CREATE TABLE stored_events (
    originator_id      text        NOT NULL,
    originator_version bigint      NOT NULL,
    topic              text        NOT NULL,
    state              bytea       NOT NULL,
    notification_id    bigserial   NOT NULL,
    recorded_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (originator_id, originator_version)
);
CREATE UNIQUE INDEX stored_events_notification_id_idx ON stored_events (notification_id);
-- Configuration, keys and subscriptions are few among many; each process follows them.
CREATE INDEX stored_events_registry_idx ON stored_events (notification_id)
    WHERE topic IN ('policy.published', 'policy.retired', 'key.created', 'key.revoked',
                    'subscription.created', 'subscription.deleted');

-- The library sends batches as arrays of this type.
CREATE TYPE stored_event_text AS (
    originator_id text, originator_version bigint, topic text, state bytea
);

CREATE TABLE command_log (
    command_id     text        PRIMARY KEY,
    request_sha256 text        NOT NULL,
    attempt        text        NOT NULL,
    stream_id      text        NOT NULL,
    version        bigint      NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE SEQUENCE ticket_number_seq INCREMENT BY 20;

-- Stops the owner's accidents; the application's role has no right to try.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER stored_events_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER command_log_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON command_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

GRANT SELECT, INSERT ON stored_events, command_log TO pledge_app;
GRANT USAGE ON SEQUENCE stored_events_notification_id_seq, ticket_number_seq TO pledge_app;
