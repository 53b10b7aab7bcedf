-- The data and the seconds left of the live session $1.
SELECT coalesce(s.{data}::text, 'null') AS data,
       (extract(epoch FROM s.{expiry}{zone})::float8 - extract(epoch FROM statement_timestamp())::float8)::text AS seconds
FROM {table} AS s
WHERE s.{id} = $1::text AND s.{expiry}{zone} > statement_timestamp()
