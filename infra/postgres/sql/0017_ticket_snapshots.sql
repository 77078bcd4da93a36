-- Folded tickets, so that a long one need not be folded from its first event. Never the truth:
-- may be emptied at any time, and one ticket's may be deleted alone.

CREATE TABLE ticket_snapshots (
    ticket_id text   PRIMARY KEY,
    version   bigint NOT NULL,
    fold      text   NOT NULL, -- by which fold, so that no other believes it
    seal      bytea  NOT NULL, -- SHA-256 over the event of this version and the state
    state     bytea  NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_snapshots TO pledge_app;
