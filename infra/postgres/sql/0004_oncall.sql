-- Overrides, swaps and leaves are followed by each process as configuration is.
DROP INDEX stored_events_registry_idx;
CREATE INDEX stored_events_registry_idx ON stored_events (notification_id)
    WHERE topic IN ('policy.published', 'policy.retired', 'key.created', 'key.revoked',
                    'subscription.created', 'subscription.deleted',
                    'schedule.override_added', 'schedule.override_cancelled',
                    'schedule.swap_offered', 'schedule.swap_taken',
                    'schedule.swap_cancelled',
                    'agent.leave_added', 'agent.leave_cancelled');
