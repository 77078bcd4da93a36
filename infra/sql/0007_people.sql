-- Whose turn it was last at each place that goes round, who had a customer before, and
-- for whose approval a ticket waits.

CREATE TABLE turns (
    place    text        PRIMARY KEY,
    person   text        NOT NULL,
    taken_at timestamptz NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON turns TO pledge_app;

CREATE INDEX tickets_customer_idx ON tickets (customer) WHERE assignee IS NOT NULL;

ALTER TABLE tickets ADD COLUMN approvers text[] NOT NULL DEFAULT '{}';
CREATE INDEX tickets_approvers_idx ON tickets USING gin (approvers) WHERE approvers <> '{}';

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
