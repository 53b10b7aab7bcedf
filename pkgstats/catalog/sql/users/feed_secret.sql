SELECT secret FROM pkgstats.feed WHERE account = $1
