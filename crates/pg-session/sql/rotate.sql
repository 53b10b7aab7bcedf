-- Gives the live session $1 the id $2, unless a live session has that id. Returns 'rotated', 'exists' or 'gone'.
-- Counting the rows of "expired" makes its DELETE run before the UPDATE.
WITH expired AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = $2::text AND ({expires} > statement_timestamp()) IS NOT TRUE
    RETURNING 1
), taken AS MATERIALIZED (
    SELECT FROM {table} AS s
    WHERE s.{id} = $2::text AND {expires} > statement_timestamp()
), moved AS (
    UPDATE {table} AS s
    SET {id} = $2::text
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
      AND NOT EXISTS (SELECT FROM taken) AND (SELECT count(*) FROM expired) >= 0
    RETURNING 1
)
SELECT $1::text AS key,
       CASE WHEN EXISTS (SELECT FROM moved) THEN 'rotated'
            WHEN EXISTS (SELECT FROM taken) THEN 'exists'
            ELSE 'gone' END AS outcome
