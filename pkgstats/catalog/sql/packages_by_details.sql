WITH hit AS MATERIALIZED (
    SELECT name
    FROM pkgstats.detail
    WHERE words @> $1
    LIMIT 1000
)
SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM hit
JOIN pkgstats.package p ON p.name = hit.name
ORDER BY p.id
LIMIT $2
