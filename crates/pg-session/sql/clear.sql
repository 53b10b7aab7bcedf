-- Deletes the first $2 sessions with ids after $1. Returns the last of these ids, or null if there was none.
WITH page AS MATERIALIZED (
    SELECT s.{id} AS id
    FROM {table} AS s
    WHERE s.{id} > $1::text
    ORDER BY s.{id}
    LIMIT $2::text::int4
), gone AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = ANY (ARRAY(SELECT id FROM page))
)
SELECT $1::text AS key, max(id)::text AS last
FROM page
