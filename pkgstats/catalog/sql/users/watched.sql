SELECT name
FROM pkgstats.watch
WHERE account = $1
ORDER BY name
