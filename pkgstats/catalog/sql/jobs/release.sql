UPDATE pkgstats.job SET due = statement_timestamp(), attempts = attempts - 1 WHERE kind = $1 AND name = ANY ($2)
