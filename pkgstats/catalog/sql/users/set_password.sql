UPDATE pkgstats.account
SET password = $2
WHERE name = $1
RETURNING id
