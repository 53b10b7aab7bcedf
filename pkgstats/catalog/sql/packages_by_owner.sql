SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM pkgstats.package p
WHERE p.owner = $1 AND p.words @> $2
ORDER BY p.id
LIMIT $3 OFFSET $4
