DELETE FROM pkgstats.attempt
WHERE key = $1
