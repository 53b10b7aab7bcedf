UPDATE pkgstats.detail SET stored_at = statement_timestamp() WHERE name = $1
