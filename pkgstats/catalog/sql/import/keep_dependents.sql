INSERT INTO pkgstats.stage_dependents SELECT name, dependents FROM pkgstats.package WHERE dependents IS NOT NULL
