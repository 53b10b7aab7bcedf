-- Its stars and watches go with it.
DELETE FROM pkgstats.account
WHERE name = $1
RETURNING id
