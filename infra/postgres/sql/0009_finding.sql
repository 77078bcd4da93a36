-- Finding tickets: what lists are filtered and sorted by, and the words of their texts.

-- The projector reads the log once more and fills the new columns.
TRUNCATE tickets;
DELETE FROM follower_positions WHERE follower = 'projector';

-- `facets` holds what a filter may ask for by name, as `team=billing`: one index answers
-- any combination. `clocks` is shown in lists. `urgency` is the rank of the priority.
ALTER TABLE tickets
    ADD COLUMN facets       text[]   NOT NULL DEFAULT '{}',
    ADD COLUMN clocks       jsonb    NOT NULL DEFAULT '[]',
    ADD COLUMN urgency      smallint NOT NULL DEFAULT 1,
    ADD COLUMN promised     boolean  NOT NULL DEFAULT true,
    ADD COLUMN breached     boolean  NOT NULL DEFAULT false,
    ADD COLUMN at_risk_from timestamptz;
-- A long pending list would have to be read by every search.
CREATE INDEX tickets_facets_idx ON tickets USING gin (facets)
    WITH (gin_pending_list_limit = 256);
CREATE INDEX tickets_number_idx ON tickets (number, id);
CREATE INDEX tickets_updated_idx ON tickets (updated_at, id);
CREATE INDEX tickets_urgency_idx ON tickets (urgency, opened_at, id);
-- Tickets without a due time come last, whichever way the list is sorted.
CREATE INDEX tickets_due_first_idx
    ON tickets (coalesce(due_at, 'infinity'::timestamptz), id);
CREATE INDEX tickets_due_last_idx
    ON tickets (coalesce(due_at, '-infinity'::timestamptz), id);
CREATE INDEX tickets_at_risk_idx ON tickets (at_risk_from)
    WHERE at_risk_from IS NOT NULL;
CREATE INDEX tickets_unpromised_idx ON tickets (type)
    WHERE NOT promised AND status NOT IN ('resolved', 'closed');

-- The folded words of each ticket's texts; the follower `search` keeps it.
CREATE TABLE ticket_search (
    ticket_id text        PRIMARY KEY,
    version   bigint      NOT NULL,
    opened_at timestamptz NOT NULL,
    terms     tsvector    NOT NULL
) WITH (fillfactor = 90);
CREATE INDEX ticket_search_terms_idx ON ticket_search USING gin (terms)
    WITH (gin_pending_list_limit = 256);
-- How frequent a word is decides how it is looked for.
ALTER TABLE ticket_search ALTER COLUMN terms SET STATISTICS 400;
CREATE INDEX ticket_search_opened_idx ON ticket_search (opened_at);
GRANT SELECT, INSERT, UPDATE, DELETE ON ticket_search TO pledge_app;

-- One number at a time: a restart leaves no gap. What was drawn in a block of 20 is used.
SELECT setval('ticket_number_seq', last_value + 19) FROM ticket_number_seq
WHERE is_called;
ALTER SEQUENCE ticket_number_seq INCREMENT BY 1;
