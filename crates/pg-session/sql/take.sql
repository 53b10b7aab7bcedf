-- Deletes the session $1. If it was alive, returns its data, the seconds that were left, and its creation time in
-- microseconds since 1970.
WITH gone AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = $1::text
    RETURNING coalesce(s.{data}::text, 'null') AS data, {expires} AS expires, {created_us} AS created
)
SELECT i.key, g.data, CASE WHEN g.expires IS NOT NULL
            THEN LEAST(date_part('epoch', g.expires) - date_part('epoch', statement_timestamp()), 1e12)::numeric::text
       END AS seconds,
       g.created
FROM (SELECT $1::text AS key) AS i
LEFT JOIN gone AS g ON g.expires > statement_timestamp()
