-- Every notification, so that ops see over all tickets who was not reached. It stays after
-- its end, which `due_at` being null says.

ALTER TABLE notifications_due RENAME TO notifications;
ALTER TABLE notifications
    ALTER COLUMN due_at DROP NOT NULL,
    ADD COLUMN state      text        NOT NULL DEFAULT 'waiting',
    ADD COLUMN channels   text[]      NOT NULL DEFAULT '{}',
    ADD COLUMN planned_at timestamptz NOT NULL DEFAULT now();
ALTER INDEX notifications_due_idx RENAME TO notifications_by_due_at;
CREATE INDEX notifications_by_planned_at ON notifications (planned_at, id);
CREATE INDEX notifications_by_person ON notifications (person, planned_at, id);
CREATE INDEX notifications_by_state ON notifications (state, planned_at, id)
    WHERE state <> 'sent';
