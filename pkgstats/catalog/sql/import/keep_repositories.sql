INSERT INTO pkgstats.stage_repository SELECT name, repository FROM pkgstats.package WHERE repository IS NOT NULL
