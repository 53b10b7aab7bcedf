-- The popular names only: most names have one of several common words.
WITH hit AS MATERIALIZED (
    SELECT p.id, p.name, p.downloads, p.previous, p.rank, p.shared_by, p.repository, p.holding, p.dependents,
        (SELECT count(*) FROM unnest(p.words) word WHERE word = ANY ($1)) AS common
    FROM pkgstats.package p
    WHERE p.words && $1 AND {tier}
)
SELECT * FROM hit
ORDER BY common DESC, id
LIMIT $2
