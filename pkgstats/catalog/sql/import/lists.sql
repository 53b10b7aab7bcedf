-- Few downloads change by chance: a package has to have had some, or to have many now.
WITH candidate AS MATERIALIZED (
    SELECT id, downloads, previous, downloads::double precision / nullif(previous, 0) AS growth
    FROM pkgstats.next_package
    WHERE NOT holding AND downloads IS NOT NULL AND (downloads >= 10000 OR previous >= 100000)
), listed AS (
    SELECT 'rising' AS kind, row_number() OVER (ORDER BY growth DESC, id) AS position, id
    FROM candidate WHERE previous >= 10000 AND downloads >= 100000
    UNION ALL
    SELECT 'falling', row_number() OVER (ORDER BY growth, id), id
    FROM candidate WHERE previous >= 100000
    UNION ALL
    SELECT 'new', row_number() OVER (ORDER BY id), id
    FROM candidate WHERE previous IS NULL AND EXISTS (SELECT FROM pkgstats.stage_previous)
)
INSERT INTO pkgstats.next_list (kind, position, package)
SELECT kind, position, id FROM listed WHERE position <= 1000
