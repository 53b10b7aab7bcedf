-- What somebody has starred, watches, or has opened.
SELECT DISTINCT changed.name
FROM unnest($1::text[]) AS changed (name)
WHERE EXISTS (SELECT FROM pkgstats.watch WHERE watch.name = changed.name COLLATE "C")
    OR EXISTS (SELECT FROM pkgstats.star WHERE star.name = changed.name COLLATE "C")
    OR EXISTS (SELECT FROM pkgstats.detail WHERE detail.name = changed.name COLLATE "C")
