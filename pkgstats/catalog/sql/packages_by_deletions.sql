WITH hit AS MATERIALIZED (
    SELECT DISTINCT target
    FROM pkgstats.near
    WHERE hash = ANY ($1)
    ORDER BY target
    LIMIT $2
)
SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM hit
JOIN pkgstats.package p ON p.id = hit.target
ORDER BY p.id
