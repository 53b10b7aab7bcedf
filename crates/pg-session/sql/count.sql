-- How many sessions live.
SELECT count(*)::text AS live
FROM {table} AS s
WHERE {expires} > statement_timestamp()
