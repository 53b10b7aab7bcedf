-- Returns the id, data and seconds left of the first $2 live sessions with ids after $1.
SELECT i.key, p.id, p.data, p.seconds
FROM (SELECT $1::text AS key) AS i
LEFT JOIN (
    SELECT s.{id}::text AS id,
           coalesce(s.{data}::text, 'null') AS data,
           LEAST(date_part('epoch', {expires}) - date_part('epoch', statement_timestamp()), 1e12)::numeric::text AS seconds
    FROM {table} AS s
    WHERE s.{id} > $1::text AND {expires} > statement_timestamp()
    ORDER BY s.{id}
    LIMIT $2::text::int4
) AS p ON true
ORDER BY p.id
