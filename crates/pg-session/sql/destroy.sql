-- Deletes the session $1. Returns whether it was alive, 'true' or 'false', or null if there was none.
WITH gone AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = $1::text
    RETURNING ({expires} > statement_timestamp())::text AS alive
)
SELECT $1::text AS key, (SELECT alive FROM gone) AS alive
