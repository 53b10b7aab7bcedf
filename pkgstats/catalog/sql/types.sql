SELECT name
FROM pkgstats.types
WHERE name = $1
