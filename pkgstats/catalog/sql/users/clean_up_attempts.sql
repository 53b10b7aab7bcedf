-- Deletes a few rows that mean nothing any more.
DELETE FROM pkgstats.attempt
WHERE key IN (
    SELECT key
    FROM pkgstats.attempt
    WHERE full_at < clock_timestamp()
    ORDER BY full_at
    LIMIT 10
    FOR UPDATE SKIP LOCKED
)
