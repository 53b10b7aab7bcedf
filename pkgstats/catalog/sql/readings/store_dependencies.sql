WITH given AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::text[]) AS given (kind, dependency, range)
), removed AS (
    DELETE FROM pkgstats.dependency AS old
    WHERE old.name = $1
        AND NOT EXISTS (SELECT FROM given WHERE given.kind = old.kind AND given.dependency = old.dependency)
)
INSERT INTO pkgstats.dependency (name, kind, dependency, range)
SELECT $1, kind, dependency, range FROM given
ON CONFLICT (name, kind, dependency) DO UPDATE SET range = excluded.range
