SELECT account FROM pkgstats.feed WHERE secret = $1
