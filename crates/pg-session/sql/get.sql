-- Returns the data and the seconds left of the live session $1, or nulls if there is none.
SELECT i.key, s.data, s.seconds
FROM (SELECT $1::text AS key) AS i
LEFT JOIN (
    SELECT coalesce(s.{data}::text, 'null') AS data,
           (date_part('epoch', {expires}) - date_part('epoch', statement_timestamp()))::text AS seconds
    FROM {table} AS s
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS s ON true
