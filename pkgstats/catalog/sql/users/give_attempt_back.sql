UPDATE pkgstats.attempt
SET full_at = full_at - make_interval(secs => $2::float8)
WHERE key = $1
