INSERT INTO pkgstats.stage_count SELECT name, downloads FROM pkgstats.package WHERE downloads IS NOT NULL
