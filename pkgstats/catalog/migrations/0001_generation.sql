-- One row: what the catalogue consists of.
CREATE TABLE pkgstats.generation (
    id bigint PRIMARY KEY,
    imported_at timestamptz NOT NULL,
    -- Months such as 2026-03.
    measured text,
    previous_measured text,
    -- The downloads of all packages of the registry, also of those that a selection left out.
    sum bigint NOT NULL,
    previous_sum bigint NOT NULL,
    packages bigint NOT NULL,
    counted bigint NOT NULL
);
INSERT INTO pkgstats.generation VALUES (0, statement_timestamp(), NULL, NULL, 0, 0, 0, 0);
