SELECT count(*) FROM pkgstats.dependency WHERE dependency = $1
