SELECT sequence FROM pkgstats.follower WHERE address = $1
