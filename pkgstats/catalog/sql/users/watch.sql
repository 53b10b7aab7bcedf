INSERT INTO pkgstats.watch (account, name)
VALUES ($1, $2)
ON CONFLICT DO NOTHING
