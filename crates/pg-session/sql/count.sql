-- How many sessions live.
SELECT count(*)::text AS live
FROM {table} AS s
WHERE s.{expiry}{zone} > statement_timestamp()
