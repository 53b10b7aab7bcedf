INSERT INTO pkgstats.stage_name SELECT name FROM pkgstats.package WHERE listed
