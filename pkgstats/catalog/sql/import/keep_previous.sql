INSERT INTO pkgstats.stage_previous SELECT name, previous FROM pkgstats.package WHERE previous IS NOT NULL
