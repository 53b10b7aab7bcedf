-- As get, for all the ids $1.
SELECT s.{id}::text AS key,
       coalesce(s.{data}::text, 'null') AS data,
       (extract(epoch FROM s.{expiry}{zone})::float8 - extract(epoch FROM statement_timestamp())::float8)::text AS seconds
FROM {table} AS s
WHERE s.{id} = ANY ($1::text[]) AND s.{expiry}{zone} > statement_timestamp()
