-- The session $1 is no more. Its data and the seconds that were left, if it was alive.
WITH taken AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = $1::text
    RETURNING coalesce(s.{data}::text, 'null') AS data, {expires} AS expires
)
SELECT data, (date_part('epoch', expires) - date_part('epoch', statement_timestamp()))::text AS seconds
FROM taken
WHERE expires > statement_timestamp()
