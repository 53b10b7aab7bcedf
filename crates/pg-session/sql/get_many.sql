-- Like get, for all the ids $1; a row for each live session, and one of nulls, which says whose answer it is. Two timestamps
-- for the time left: to take seconds out of them costs more than all the rest. The data comes in the binary form of its type,
-- which is cheaper than a cast.
SELECT s.{id}::text AS key,
       coalesce(s.{data}, 'null') AS data,
       {expires} AS expiry,
       statement_timestamp() AS now
FROM {table} AS s
WHERE s.{id} = ANY ($1::text[]) AND {expires} > statement_timestamp()
UNION ALL
SELECT ($1::text[])[1], NULL, NULL, NULL
