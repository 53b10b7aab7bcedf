SELECT min(day) - date '2000-01-01', max(day) - date '2000-01-01'
FROM pkgstats.day
WHERE name = $1
