-- Returns in how many seconds an attempt is back, of $3 that take $2 seconds each.
SELECT extract(epoch FROM full_at - clock_timestamp())::float8 - $2::float8 * ($3::float8 - 1)
FROM pkgstats.attempt
WHERE key = $1
