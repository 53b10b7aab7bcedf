DROP TABLE pkgstats.package, pkgstats.word, pkgstats.near, pkgstats.owner, pkgstats.list, pkgstats.types,
    pkgstats.replacement;
ALTER TABLE pkgstats.next_package RENAME TO package;
ALTER TABLE pkgstats.next_word RENAME TO word;
ALTER TABLE pkgstats.next_near RENAME TO near;
ALTER TABLE pkgstats.next_owner RENAME TO owner;
ALTER TABLE pkgstats.next_list RENAME TO list;
ALTER TABLE pkgstats.next_types RENAME TO types;
ALTER TABLE pkgstats.next_replacement RENAME TO replacement;
