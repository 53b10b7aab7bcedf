-- What belongs to users. It refers to packages by name only: the catalogue is replaced as a whole.
CREATE TABLE pkgstats.account (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Folded to lower case.
    name text COLLATE "C" NOT NULL UNIQUE,
    -- A hash in PHC format (argon2id).
    password text NOT NULL,
    created timestamptz NOT NULL DEFAULT now()
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
