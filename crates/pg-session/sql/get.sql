-- Returns the data and the seconds left of the live session $1, or nulls if there is none. The seconds are numeric, because
-- extra_float_digits may round a float8, and limited, because numeric has no infinity before PostgreSQL 14.
SELECT i.key, s.data, s.seconds
FROM (SELECT $1::text AS key) AS i
LEFT JOIN (
    SELECT coalesce(s.{data}::text, 'null') AS data,
           LEAST(date_part('epoch', {expires}) - date_part('epoch', statement_timestamp()), 1e12)::numeric::text AS seconds
    FROM {table} AS s
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS s ON true
