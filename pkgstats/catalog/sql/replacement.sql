SELECT kind, instead, description, url
FROM pkgstats.replacement
WHERE name = $1
