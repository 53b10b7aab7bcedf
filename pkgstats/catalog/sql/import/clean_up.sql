-- What a failed or killed import left.
DROP TABLE IF EXISTS
    pkgstats.stage_name, pkgstats.stage_count, pkgstats.stage_previous, pkgstats.stage_repository,
    pkgstats.stage_dependents,
    pkgstats.next_package, pkgstats.next_word, pkgstats.next_near, pkgstats.next_owner, pkgstats.next_list,
    pkgstats.next_types, pkgstats.next_replacement
