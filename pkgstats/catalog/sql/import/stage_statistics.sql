ANALYZE pkgstats.stage_name, pkgstats.stage_count, pkgstats.stage_previous, pkgstats.stage_repository,
    pkgstats.stage_dependents
