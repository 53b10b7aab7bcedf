SELECT DISTINCT name FROM pkgstats.star ORDER BY name
