-- Stores the data $2 as session $1 for $3 milliseconds, whether the session exists or not.
WITH stored AS (
    INSERT INTO {table} AS s ({id}, {data}, {expiry})
    VALUES ($1::text, $2::text::{json}, (statement_timestamp() + ($3::text::float8 * interval '1 millisecond')){zone})
    ON CONFLICT ({id}) DO UPDATE SET {data} = excluded.{data}, {expiry} = excluded.{expiry}{created_on_conflict}
    WHERE {fits}
)
SELECT $1::text AS key
