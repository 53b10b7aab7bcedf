-- Stars packages. Those that are starred stay so since then.
INSERT INTO pkgstats.star (account, name, since)
SELECT $1, name, since
FROM unnest($2::text[], $3::timestamptz[]) AS star (name, since)
ON CONFLICT DO NOTHING
