-- The tables that an import replaces. {prefix} is empty in a migration, and next_ in an import.
CREATE TABLE pkgstats.{prefix}package (
    -- The position by downloads, then by name; packages without a count are the last. Rows are stored in this order.
    id integer NOT NULL,
    -- From 1, the most popular, to 4. A column of its own: with conditions on the id, the planner would prefer to read
    -- a range of the primary key, and to test each name.
    tier smallint NOT NULL,
    name text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    words text[] COLLATE "C" NOT NULL,
    downloads bigint,
    previous bigint,
    rank integer,
    shared_by integer,
    repository text,
    -- The GitHub account in lower case.
    owner text COLLATE "C",
    holding boolean NOT NULL,
    listed boolean NOT NULL,
    dependents integer
);
-- The words of all names. Those of few and unpopular names are left out.
CREATE TABLE pkgstats.{prefix}word (
    id integer NOT NULL,
    word text COLLATE "C" NOT NULL,
    names integer NOT NULL
);
-- The hashes of popular names and words, and of these with one letter removed. The target is the id of a package or of
-- a word; the hashes of both differ.
CREATE TABLE pkgstats.{prefix}near (
    hash bigint NOT NULL,
    target integer NOT NULL
);
CREATE TABLE pkgstats.{prefix}owner (
    owner text COLLATE "C" NOT NULL,
    packages bigint NOT NULL,
    downloads bigint NOT NULL
);
CREATE TABLE pkgstats.{prefix}list (
    kind text COLLATE "C" NOT NULL,
    position bigint NOT NULL,
    package integer NOT NULL
);
CREATE TABLE pkgstats.{prefix}types (
    -- The package, not its @types package.
    name text COLLATE "C" NOT NULL
);
CREATE TABLE pkgstats.{prefix}replacement (
    name text COLLATE "C" NOT NULL,
    kind text NOT NULL,
    instead text[] NOT NULL,
    description text,
    url text
);
