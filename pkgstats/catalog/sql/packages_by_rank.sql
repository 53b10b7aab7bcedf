SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM pkgstats.package p
WHERE p.id > $1 AND p.id <= $2
ORDER BY p.id
