SELECT
FROM pkgstats.watch
WHERE account = $1 AND name = $2
