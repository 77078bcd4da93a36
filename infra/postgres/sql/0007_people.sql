-- Whose turn it was last at each place that goes round, who had a customer before, for
-- whose approval a ticket waits, and who was given something when.

CREATE TABLE turns (
    place    text        PRIMARY KEY,
    person   text        NOT NULL,
    taken_at timestamptz NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON turns TO pledge_app;

CREATE INDEX tickets_customer_idx ON tickets (customer) WHERE assignee IS NOT NULL;

ALTER TABLE tickets ADD COLUMN approvers text[] NOT NULL DEFAULT '{}';
CREATE INDEX tickets_approvers_idx ON tickets USING gin (approvers) WHERE approvers <> '{}';

-- Of which a step of a climb waits for somebody to be there.
ALTER TABLE tickets ADD COLUMN held boolean NOT NULL DEFAULT false;
CREATE INDEX tickets_held_idx ON tickets (id) WHERE held;

-- Authority that is lent is followed by each process as configuration is.
DROP INDEX stored_events_registry_idx;
CREATE INDEX stored_events_registry_idx ON stored_events (notification_id)
    WHERE topic IN ('policy.published', 'policy.retired', 'key.created', 'key.revoked',
                    'subscription.created', 'subscription.deleted',
                    'schedule.override_added', 'schedule.override_cancelled',
                    'schedule.swap_offered', 'schedule.swap_taken',
                    'schedule.swap_cancelled',
                    'agent.leave_added', 'agent.leave_cancelled',
                    'authority.delegated', 'authority.revoked');

-- Up to where in the log a process gave each agent something. An append that must not
-- fill somebody's hands beyond what fits says up to where it knows, and is refused where
-- another process gave them something after that. Not a read model: it is written with
-- the events. Rows are needed only as long as the read model may be behind.
CREATE TABLE hands (
    agent    text        NOT NULL,
    writer   text        NOT NULL,
    position bigint      NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agent, writer)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50);
GRANT SELECT, INSERT, UPDATE, DELETE ON hands TO pledge_app;

-- Under the lock of appends, after the events: their last position is that of all. In one
-- call, because a refusal must be the last thing of its pipeline.
CREATE FUNCTION take_hands(
    taken text[], limited text[], known bigint[], me text
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(limited, known) AS mine (agent, position)
        JOIN hands USING (agent)
        WHERE hands.writer <> me AND hands.position > mine.position
    ) THEN
        RAISE integrity_constraint_violation
            USING MESSAGE = 'somebody was given something meanwhile', CONSTRAINT = 'hands';
    END IF;
    DELETE FROM hands WHERE agent = ANY (taken) AND taken_at < now() - interval '1 hour';
    INSERT INTO hands (agent, writer, position)
    SELECT agent, me, currval('stored_events_notification_id_seq')
    FROM unnest(taken) AS agent
    ON CONFLICT (agent, writer)
    DO UPDATE SET position = EXCLUDED.position, taken_at = EXCLUDED.taken_at;
END $$;
