CREATE UNLOGGED TABLE pkgstats.stage_name (name text COLLATE "C" NOT NULL);
CREATE UNLOGGED TABLE pkgstats.stage_count (name text COLLATE "C" NOT NULL, downloads bigint NOT NULL);
CREATE UNLOGGED TABLE pkgstats.stage_previous (name text COLLATE "C" NOT NULL, downloads bigint NOT NULL);
CREATE UNLOGGED TABLE pkgstats.stage_repository (name text COLLATE "C" NOT NULL, url text NOT NULL);
CREATE UNLOGGED TABLE pkgstats.stage_dependents (name text COLLATE "C" NOT NULL, position integer NOT NULL);
