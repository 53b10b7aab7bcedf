SELECT name, problem FROM pkgstats.job WHERE kind = $1 AND name = ANY ($2) ORDER BY name
