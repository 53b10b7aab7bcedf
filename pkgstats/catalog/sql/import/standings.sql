SELECT downloads, min(rank) AS rank, min(shared_by) AS shared_by
FROM pkgstats.package
WHERE downloads IS NOT NULL
GROUP BY downloads
