SELECT count(*) FROM pkgstats.version WHERE name = $1
