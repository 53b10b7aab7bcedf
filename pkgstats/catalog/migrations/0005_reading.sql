-- What a package's page shows of it, as JSON. NULL: it could not be read.
ALTER TABLE pkgstats.detail ADD COLUMN facts jsonb, ADD COLUMN etag text;

CREATE TABLE pkgstats.version (
    name text COLLATE "C" NOT NULL,
    version text COLLATE "C" NOT NULL,
    -- 1 for the oldest.
    position integer NOT NULL,
    published timestamptz,
    deprecated text,
    license text,
    module_format text,
    has_types boolean NOT NULL,
    node text,
    unpacked_size bigint,
    file_count bigint,
    dependencies integer NOT NULL,
    -- When it was first read. NULL for those of the first reading.
    appeared timestamptz,
    PRIMARY KEY (name, version)
);
CREATE INDEX ON pkgstats.version (name, position);
CREATE INDEX ON pkgstats.version (name, appeared) WHERE appeared IS NOT NULL;

-- Of the latest version.
CREATE TABLE pkgstats.dependency (
    name text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    dependency text COLLATE "C" NOT NULL,
    range text NOT NULL,
    PRIMARY KEY (name, kind, dependency)
);
CREATE INDEX ON pkgstats.dependency (dependency, name);

-- What the tarball of the latest version contains.
CREATE TABLE pkgstats.readme (
    name text COLLATE "C" PRIMARY KEY,
    version text NOT NULL,
    path text,
    content text,
    is_cut boolean NOT NULL,
    files text[] NOT NULL,
    sizes bigint[] NOT NULL
);
