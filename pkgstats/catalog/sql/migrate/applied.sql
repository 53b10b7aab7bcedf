SELECT coalesce(max(version), 0) FROM pkgstats.migration
