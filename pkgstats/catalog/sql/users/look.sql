UPDATE pkgstats.account
SET looked_before = CASE
        WHEN looked < statement_timestamp() - interval '30 min' THEN looked
        ELSE looked_before
    END,
    looked = statement_timestamp()
WHERE id = $1
RETURNING coalesce(looked_before, created)
