WITH hit AS MATERIALIZED (
    SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
    FROM pkgstats.package p
    WHERE p.name >= $1 AND p.name < $2 AND p.words @> $3
)
SELECT * FROM hit
ORDER BY id
LIMIT $4
