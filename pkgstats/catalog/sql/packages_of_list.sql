SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
FROM pkgstats.list l
JOIN pkgstats.package p ON p.id = l.package
WHERE l.kind = $1 AND l.position > $2 AND l.position <= $3
ORDER BY l.position
