SELECT problem, due FROM pkgstats.job WHERE kind = $1 AND name = $2
