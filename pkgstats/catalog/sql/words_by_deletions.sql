WITH hit AS MATERIALIZED (
    SELECT DISTINCT target
    FROM pkgstats.near
    WHERE hash = ANY ($1)
    ORDER BY target
    LIMIT 200
)
SELECT w.word, w.names
FROM hit
JOIN pkgstats.word w ON w.id = hit.target
ORDER BY w.names DESC, w.word
