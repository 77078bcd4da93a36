-- Whose turn it was last at each place that goes round, and who had a customer before.

CREATE TABLE turns (
    place    text        PRIMARY KEY,
    person   text        NOT NULL,
    taken_at timestamptz NOT NULL
) WITH (fillfactor = 70);
GRANT SELECT, INSERT, UPDATE, DELETE ON turns TO pledge_app;

CREATE INDEX tickets_customer_idx ON tickets (customer) WHERE assignee IS NOT NULL;
