INSERT INTO pkgstats.migration VALUES ($1, statement_timestamp())
