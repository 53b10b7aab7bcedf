SELECT version, path, content, is_cut FROM pkgstats.readme WHERE name = $1
