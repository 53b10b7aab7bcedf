-- Like set, but never overwrites a live session. Returns 'created', or null if a live session exists.
WITH stored AS (
    INSERT INTO {table} AS s ({id}, {data}, {expiry})
    VALUES ($1::text, $2::text::{json}, (statement_timestamp() + ($3::text::float8 * interval '1 millisecond')){zone})
    ON CONFLICT ({id}) DO UPDATE SET {data} = excluded.{data}, {expiry} = excluded.{expiry}{created_on_conflict}
    WHERE ({expires} > statement_timestamp()) IS NOT TRUE
    RETURNING 1
)
SELECT $1::text AS key, (SELECT 'created' FROM stored) AS outcome
