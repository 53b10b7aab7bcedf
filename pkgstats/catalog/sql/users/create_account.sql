-- Creates an account. Returns no row if the name is taken.
INSERT INTO pkgstats.account (name, password)
VALUES ($1, $2)
ON CONFLICT (name) DO NOTHING
RETURNING id
