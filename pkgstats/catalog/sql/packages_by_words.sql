-- Rows are stored in the order of popularity and never updated. So a bitmap scan, the only plan that is left, returns
-- the most popular ones first, and the limit spares it the others. Materialized, so that the order does not get a plan of
-- its own.
WITH hit AS MATERIALIZED (
    SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents
    FROM pkgstats.package p
    WHERE p.words @> $1 AND {tier}
    LIMIT $2
)
SELECT * FROM hit
ORDER BY id
