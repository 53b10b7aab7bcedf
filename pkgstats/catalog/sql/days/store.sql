-- A count that is there is not taken back.
INSERT INTO pkgstats.day AS old (name, day, downloads)
SELECT $1, date '2000-01-01' + given.day, given.downloads
FROM unnest($2::integer[], $3::bigint[]) AS given (day, downloads)
ON CONFLICT (name, day) DO UPDATE SET downloads = excluded.downloads
WHERE excluded.downloads IS NOT NULL AND old.downloads IS DISTINCT FROM excluded.downloads
