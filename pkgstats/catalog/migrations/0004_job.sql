-- What is to be read from the registry.
CREATE TABLE pkgstats.job (
    kind text COLLATE "C" NOT NULL,
    name text COLLATE "C" NOT NULL,
    -- When a worker may take it. A worker that takes it moves this on: if the worker dies, the job comes back.
    due timestamptz NOT NULL,
    is_urgent boolean NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    -- Why the last attempt failed.
    problem text,
    PRIMARY KEY (kind, name)
);
CREATE INDEX ON pkgstats.job (kind, is_urgent DESC, due);
