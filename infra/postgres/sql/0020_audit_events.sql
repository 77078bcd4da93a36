-- Finding events over all streams by actor, type, object and correlation id.

-- What an event can be found by (a facet: "actor ann", "type sla.met of actor ann"), hashed to
-- 64 bits, with its position. A row for each; the event itself is in the log. May be emptied at
-- any time, together with the position of the follower `audit`.
CREATE TABLE audit_postings (
    facet    bigint NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (facet, position)
);
GRANT SELECT, INSERT, DELETE ON audit_postings TO pledge_app;

-- The first position that was recorded at this time or later: both grow together, so it is found
-- as a word in a dictionary, without an index on the log that each append would pay for.
CREATE FUNCTION position_recorded_from(wanted timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE
    low   bigint := 0;
    high  bigint := (SELECT coalesce(max(notification_id), 0) + 1 FROM stored_events);
    found record;
BEGIN
    WHILE low < high LOOP
        SELECT notification_id, recorded_at INTO found FROM stored_events
        WHERE notification_id >= (low + high) / 2 ORDER BY notification_id LIMIT 1;
        IF found IS NULL OR found.recorded_at >= wanted THEN
            high := (low + high) / 2;
        ELSE
            low := found.notification_id + 1;
        END IF;
    END LOOP;
    RETURN low;
END $$;
