SELECT facts::text, stored_at, etag FROM pkgstats.detail WHERE name = $1
