SELECT version.name, version.version, version.published, version.appeared
FROM pkgstats.watch
JOIN pkgstats.version ON version.name = watch.name AND version.appeared > greatest(watch.since, $2)
WHERE watch.account = $1
ORDER BY version.appeared DESC, version.name, version.position DESC
LIMIT 100
