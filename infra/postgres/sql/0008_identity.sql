-- When each API key was last used, to within some minutes; not in the log, because
-- every request would be an event.
CREATE TABLE key_uses (
    key_id       text        PRIMARY KEY,
    last_used_at timestamptz NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON key_uses TO pledge_app;
