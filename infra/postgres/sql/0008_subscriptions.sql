-- How each subscription is doing: since when its endpoint fails, when it is tried again.
ALTER TABLE subscription_positions
    ADD COLUMN last_success_at timestamptz,
    ADD COLUMN failing_since   timestamptz,
    ADD COLUMN failures        integer NOT NULL DEFAULT 0,
    ADD COLUMN next_try_at     timestamptz,
    ADD COLUMN last_failure    text;

-- A test delivery is of no event in the log.
ALTER TABLE deliveries ALTER COLUMN position DROP NOT NULL;

-- What became of a subscription after it was made is followed by each process too.
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
                    'authority.delegated', 'authority.revoked');
