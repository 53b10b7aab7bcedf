SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM pkgstats.package p
WHERE p.key = $1
ORDER BY p.id
LIMIT $2
