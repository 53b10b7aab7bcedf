INSERT INTO pkgstats.feed (account, secret)
VALUES ($1, replace(gen_random_uuid()::text, '-', ''))
ON CONFLICT (account) DO UPDATE SET secret = excluded.secret
