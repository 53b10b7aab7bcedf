-- What was read from the registry, for packages whose details were read.
CREATE TABLE pkgstats.detail (
    name text COLLATE "C" PRIMARY KEY,
    version text,
    description text,
    keywords text[] NOT NULL,
    -- The message of the deprecation.
    deprecated text,
    -- The words of the name, the keywords, the description and the repository.
    words text[] COLLATE "C" NOT NULL,
    stored_at timestamptz NOT NULL
);
CREATE INDEX ON pkgstats.detail USING gin (words);
