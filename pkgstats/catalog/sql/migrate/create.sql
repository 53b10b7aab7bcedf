CREATE SCHEMA IF NOT EXISTS pkgstats;
CREATE TABLE IF NOT EXISTS pkgstats.migration (
    version integer PRIMARY KEY,
    applied_at timestamptz NOT NULL
);
