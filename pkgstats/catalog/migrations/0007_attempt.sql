-- How many attempts to sign in are left, by the name and by the address that they come from. A row whose time has passed means
-- nothing: all attempts are left.
CREATE TABLE pkgstats.attempt (
    -- A hash: what people type as a name may be a password.
    key bytea PRIMARY KEY,
    -- When all attempts will be left again. Each takes a while to come back.
    full_at timestamptz NOT NULL
);
CREATE INDEX ON pkgstats.attempt (full_at);
