-- A job that was attempted waits for its time, however often it is asked for.
INSERT INTO pkgstats.job AS job (kind, name, due, is_urgent)
SELECT $1, name, statement_timestamp(), $3
FROM unnest($2::text[]) AS wanted (name)
WHERE (SELECT count(*) FROM pkgstats.job WHERE kind = $1) < $4
GROUP BY name
ORDER BY name
ON CONFLICT (kind, name) DO UPDATE SET is_urgent = true
WHERE excluded.is_urgent AND NOT job.is_urgent
