-- Like get, for an array of ids. Returns a row for each live session, and a row of nulls that shows whose reply it is.
-- Two timestamps in place of the seconds left, and data without a cast to text, make this statement much cheaper.
SELECT s.{id}::text AS key,
       coalesce(s.{data}, 'null') AS data,
       {expires} AS expiry,
       statement_timestamp() AS now
FROM {table} AS s
WHERE s.{id} = ANY ($1::text[]) AND {expires} > statement_timestamp()
UNION ALL
SELECT ($1::text[])[1], NULL, NULL, NULL
