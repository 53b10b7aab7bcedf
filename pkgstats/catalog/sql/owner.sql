SELECT packages, downloads
FROM pkgstats.owner
WHERE owner = $1
