SELECT kind, dependency, range FROM pkgstats.dependency WHERE name = $1 ORDER BY kind, dependency
