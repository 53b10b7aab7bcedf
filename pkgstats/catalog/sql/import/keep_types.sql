INSERT INTO pkgstats.next_types SELECT * FROM pkgstats.types
