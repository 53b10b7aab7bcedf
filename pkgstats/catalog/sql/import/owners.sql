INSERT INTO pkgstats.next_owner (owner, packages, downloads)
SELECT owner, count(*), coalesce(sum(downloads), 0)
FROM pkgstats.next_package
WHERE owner IS NOT NULL
GROUP BY owner
