SELECT name, kind, range
FROM pkgstats.dependency
WHERE dependency = $1
ORDER BY name
LIMIT $2
OFFSET $3
