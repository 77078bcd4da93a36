-- The keys of persons, with which their fields in the log are encrypted (ADR 0029). In a
-- schema of their own, because their backups must not live as long as those of the log.

CREATE SCHEMA pledge_keys;

-- `wrapped`: encrypted with the master key, which is not in the database; none once the
-- key was destroyed. `destruction`: in which order keys were destroyed, so that each
-- process learns of it.
CREATE TABLE pledge_keys.data_keys (
    key_id       text        PRIMARY KEY,
    subject      text        NOT NULL,
    wrapped      bytea,
    created_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    destroyed_at timestamptz,
    destruction  bigint      UNIQUE,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL)),
    CHECK ((wrapped IS NULL) = (destruction IS NOT NULL))
) WITH (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0);
CREATE INDEX data_keys_live_idx ON pledge_keys.data_keys (subject, created_at)
    WHERE wrapped IS NOT NULL;
CREATE INDEX data_keys_subject_idx ON pledge_keys.data_keys (subject);
CREATE SEQUENCE pledge_keys.destruction_seq;

-- Under the lock of appends, after the events: none of them may be encrypted with a key
-- that was destroyed meanwhile, or it could never be read.
CREATE FUNCTION pledge_keys.use_keys(ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(ids) AS used (id) WHERE NOT EXISTS (
            SELECT FROM pledge_keys.data_keys
            WHERE key_id = used.id AND wrapped IS NOT NULL
        )
    ) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'a key was destroyed meanwhile', CONSTRAINT = 'data_keys';
    END IF;
END $$;

-- Under the same lock, together with the event that says so.
CREATE FUNCTION pledge_keys.destroy_keys(whose text[]) RETURNS void LANGUAGE sql AS $$
    UPDATE pledge_keys.data_keys SET wrapped = NULL, destroyed_at = now(),
        destruction = nextval('pledge_keys.destruction_seq')
    WHERE subject = ANY (whose) AND wrapped IS NOT NULL;
$$;

-- After a restore: an older backup of keys has some that were destroyed by now. A key is
-- made under the lock of appends, so one that is younger than the erasure is a new one.
CREATE FUNCTION pledge_keys.destroy_keys_again() RETURNS bigint LANGUAGE sql AS $$
    WITH destroyed AS (
        UPDATE pledge_keys.data_keys k SET wrapped = NULL, destroyed_at = now(),
            destruction = nextval('pledge_keys.destruction_seq')
        FROM public.stored_events e
        WHERE e.topic = 'subject.erased' AND e.originator_id = 'subjects/' || k.subject
        AND k.created_at < e.recorded_at AND k.wrapped IS NOT NULL
        RETURNING 1
    )
    SELECT count(*) FROM destroyed;
$$;

GRANT USAGE ON SCHEMA pledge_keys TO pledge_app;
GRANT SELECT, INSERT, UPDATE ON pledge_keys.data_keys TO pledge_app;
GRANT USAGE ON SEQUENCE pledge_keys.destruction_seq TO pledge_app;

-- Snapshots of before hold personal data in the clear.
TRUNCATE ticket_snapshots;

-- Read models of before too: the followers read the log once more.
TRUNCATE tickets, ticket_search;
DELETE FROM follower_positions WHERE follower IN ('projector', 'search');

-- In which tickets a person occurs; the follower `search` keeps it.
CREATE TABLE subject_tickets (
    subject   text NOT NULL,
    ticket_id text NOT NULL,
    PRIMARY KEY (subject, ticket_id)
);
GRANT SELECT, INSERT, DELETE ON subject_tickets TO pledge_app;

-- Each process forgets who is erased.
DROP INDEX stored_events_registry_idx;
CREATE INDEX stored_events_registry_idx ON stored_events (notification_id)
    WHERE topic IN ('policy.published', 'policy.retired', 'key.created', 'key.revoked',
                    'subscription.created', 'subscription.changed',
                    'subscription.paused', 'subscription.resumed', 'subscription.retried',
                    'subscription.disabled', 'subscription.deleted',
                    'schedule.override_added', 'schedule.override_cancelled',
                    'schedule.swap_offered', 'schedule.swap_taken',
                    'schedule.swap_cancelled',
                    'agent.leave_added', 'agent.leave_cancelled',
                    'authority.delegated', 'authority.revoked', 'subject.erased');

-- What an endpoint answered may repeat what was sent to it: encrypted from now on.
UPDATE deliveries SET detail = '' WHERE detail <> '';
UPDATE subscription_positions SET last_failure = NULL WHERE last_failure IS NOT NULL;
