-- What belongs to users. It refers to packages by name only: the catalogue is replaced as a whole.
CREATE TABLE pkgstats.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Folded to lower case.
    name text COLLATE "C" NOT NULL UNIQUE,
    -- A hash in PHC format (argon2id).
    password text NOT NULL,
    -- The secret part of the address of the private feed.
    feed text COLLATE "C" NOT NULL UNIQUE,
    created timestamptz NOT NULL DEFAULT now(),
    -- When the account last looked at its watch list, and the visit before that.
    visited timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE pkgstats.star (
    account bigint NOT NULL REFERENCES pkgstats.account ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, name)
);

CREATE TABLE pkgstats.watch (
    account bigint NOT NULL REFERENCES pkgstats.account ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,
    since timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account, name)
);

-- The followers of a package.
CREATE INDEX watch_name ON pkgstats.watch (name);
