SELECT name, version, description, keywords, deprecated
FROM pkgstats.detail
WHERE name = ANY ($1)
