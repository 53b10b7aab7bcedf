SET LOCAL lock_timeout = '200ms';
-- Each call reads the generation first, so that it sees all tables from before or all from after the swap.
LOCK TABLE pkgstats.generation, pkgstats.package, pkgstats.word, pkgstats.near, pkgstats.owner, pkgstats.list,
    pkgstats.types, pkgstats.replacement IN ACCESS EXCLUSIVE MODE;
