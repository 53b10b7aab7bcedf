DELETE FROM pkgstats.job WHERE kind = $1 AND name = ANY ($2)
