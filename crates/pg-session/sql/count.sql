-- Returns the number of live sessions.
SELECT $1::text AS key, count(*)::text AS live
FROM {table} AS s
WHERE {expires} > statement_timestamp()
