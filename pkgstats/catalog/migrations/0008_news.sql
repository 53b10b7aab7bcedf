-- A visit begins half an hour after the last look at what the account watches. What has appeared since the visit before is new.
ALTER TABLE pkgstats.account ADD COLUMN looked timestamptz, ADD COLUMN looked_before timestamptz;

-- The secret in the address of an account's feed.
CREATE TABLE pkgstats.feed (
    account bigint PRIMARY KEY REFERENCES pkgstats.account ON DELETE CASCADE,
    secret text COLLATE "C" NOT NULL UNIQUE
);

-- How far each feed of changes was followed.
CREATE TABLE pkgstats.follower (
    address text COLLATE "C" PRIMARY KEY,
    sequence bigint NOT NULL
);

-- The follower asks who is interested in a package.
CREATE INDEX ON pkgstats.star (name);
CREATE INDEX ON pkgstats.watch (name);
