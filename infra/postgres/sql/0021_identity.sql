-- Who is signed in with a browser. Not in the log: it means nothing once it has ended.
-- `holder`: the id of an API key, or (with a role) of whoever the identity provider
-- vouched for.
CREATE TABLE sessions (
    token_sha256 bytea       PRIMARY KEY,
    holder       text        NOT NULL,
    role         text,
    agent        text,
    started_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL
);
CREATE INDEX sessions_expire ON sessions (expires_at);
GRANT SELECT, INSERT, DELETE ON sessions TO pledge_app;
