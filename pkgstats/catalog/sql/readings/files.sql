SELECT version, files, sizes FROM pkgstats.readme WHERE name = $1
