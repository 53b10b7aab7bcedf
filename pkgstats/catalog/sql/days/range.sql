SELECT day - date '2000-01-01', downloads
FROM pkgstats.day
WHERE name = $1 AND day BETWEEN date '2000-01-01' + $2::integer AND date '2000-01-01' + $3::integer
ORDER BY day
