ANALYZE pkgstats.next_package;
VACUUM (ANALYZE) pkgstats.next_word;
VACUUM (ANALYZE) pkgstats.next_near;
VACUUM (ANALYZE) pkgstats.next_owner;
ANALYZE pkgstats.next_list;
ANALYZE pkgstats.next_types;
ANALYZE pkgstats.next_replacement;
