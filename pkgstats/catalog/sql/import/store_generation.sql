UPDATE pkgstats.generation SET
    id = id + 1,
    imported_at = statement_timestamp(),
    measured = $1,
    previous_measured = $2,
    sum = $3,
    previous_sum = $4,
    packages = (SELECT count(*) FROM pkgstats.package),
    counted = (SELECT count(*) FROM pkgstats.package WHERE downloads IS NOT NULL)
