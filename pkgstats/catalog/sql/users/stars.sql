SELECT name, since
FROM pkgstats.star
WHERE account = $1
ORDER BY since DESC, name
