SET LOCAL lock_timeout = '200ms';
LOCK TABLE pkgstats.package, pkgstats.word, pkgstats.near, pkgstats.owner, pkgstats.list, pkgstats.types,
    pkgstats.replacement IN ACCESS EXCLUSIVE MODE;
