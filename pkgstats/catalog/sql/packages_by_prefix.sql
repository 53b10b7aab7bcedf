WITH hit AS MATERIALIZED (
    SELECT id
    FROM pkgstats.package
    WHERE name >= $1 AND name < $3 AND {tier}
), first AS MATERIALIZED (
    SELECT id FROM hit
    ORDER BY id
    LIMIT $2
)
SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM first
JOIN pkgstats.package p ON p.id = first.id
ORDER BY p.id
