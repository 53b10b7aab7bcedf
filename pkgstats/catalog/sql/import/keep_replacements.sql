INSERT INTO pkgstats.next_replacement SELECT * FROM pkgstats.replacement
