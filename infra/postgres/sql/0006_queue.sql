-- Tickets that wait for somebody's hands, and when each agent took the last.

ALTER TABLE tickets
    ADD COLUMN queued           boolean NOT NULL DEFAULT false,
    ADD COLUMN queued_at        timestamptz,
    ADD COLUMN offered_to       text,
    ADD COLUMN offer_expires_at timestamptz,
    ADD COLUMN waiting          text;
CREATE INDEX tickets_queue_idx ON tickets (team, queued_at, id) WHERE queued;

-- An offer counts as load: nobody is asked for more than fits.
CREATE INDEX tickets_offered_idx ON tickets (offered_to) WHERE offered_to IS NOT NULL;

CREATE TABLE agent_turns (
    agent    text        PRIMARY KEY,
    taken_at timestamptz NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON agent_turns TO pledge_app;

-- What happened before there were offers frees nobody now.
INSERT INTO follower_positions (follower, position)
SELECT 'drain', coalesce(max(notification_id), 0) FROM stored_events;
