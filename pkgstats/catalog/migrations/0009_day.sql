-- The downloads of each day that was asked for. NULL: the API did not give it.
CREATE TABLE pkgstats.day (
    name text COLLATE "C" NOT NULL,
    day date NOT NULL,
    downloads bigint,
    PRIMARY KEY (name, day)
);
