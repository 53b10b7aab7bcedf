SELECT id, name, password
FROM pkgstats.account
WHERE name = $1
