WITH taken AS (
    SELECT kind, name
    FROM pkgstats.job
    WHERE kind = $1 AND due <= statement_timestamp()
    ORDER BY is_urgent DESC, due
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE pkgstats.job AS job
SET due = statement_timestamp() + $3::float8 * interval '1 s', attempts = job.attempts + 1
FROM taken
WHERE job.kind = taken.kind AND job.name = taken.name
RETURNING job.name
