-- Takes an attempt: $2 seconds later, it is back. Returns no row if none of the $3 is left.
INSERT INTO pkgstats.attempt AS attempt (key, full_at)
VALUES ($1, clock_timestamp() + make_interval(secs => $2::float8))
ON CONFLICT (key) DO UPDATE
SET full_at = greatest(attempt.full_at, clock_timestamp()) + make_interval(secs => $2::float8)
WHERE attempt.full_at <= clock_timestamp() + make_interval(secs => $2::float8 * ($3::float8 - 1))
RETURNING key
