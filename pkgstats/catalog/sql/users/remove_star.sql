DELETE FROM pkgstats.star
WHERE account = $1 AND name = $2
