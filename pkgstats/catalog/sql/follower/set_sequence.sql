INSERT INTO pkgstats.follower (address, sequence)
VALUES ($1, $2)
ON CONFLICT (address) DO UPDATE SET sequence = excluded.sequence
