-- Which types, tiers, tags, areas and attributes tickets have ever had, so that a rule which
-- asks for a word that nobody has used can be warned of. Followed from the log.

CREATE TABLE used_words (
    field text NOT NULL,
    word  text NOT NULL,
    PRIMARY KEY (field, word)
);

INSERT INTO used_words
SELECT DISTINCT w.field, w.word
FROM tickets, LATERAL (
    VALUES ('type', type), ('tier', tier), ('product_area', product_area)
) AS w (field, word)
WHERE w.word IS NOT NULL
UNION
SELECT 'tags', unnest(tags) FROM tickets;

GRANT SELECT, INSERT, DELETE ON used_words TO pledge_app;
