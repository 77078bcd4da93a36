-- When each notification is due next, and what was sent lately. Both can be made again:
-- the first from the log, the second is forgotten after some minutes anyway.

CREATE TABLE notifications_due (
    id      text        PRIMARY KEY,
    version bigint      NOT NULL,
    person  text        NOT NULL,
    due_at  timestamptz NOT NULL
) WITH (fillfactor = 70);
CREATE INDEX notifications_due_idx ON notifications_due (due_at);

-- `destination` is a digest, not an address; `full_at`: when it may have a burst again.
CREATE TABLE notification_sends (
    destination text        NOT NULL,
    person      text        NOT NULL,
    tickets     text[]      NOT NULL,
    sent_at     timestamptz NOT NULL,
    full_at     timestamptz NOT NULL
);
CREATE INDEX notification_sends_idx ON notification_sends (sent_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON notifications_due, notification_sends TO pledge_app;

-- Nobody is told now of what happened before there were notifications.
INSERT INTO follower_positions (follower, position)
SELECT 'notifications', coalesce(max(notification_id), 0) FROM stored_events;
