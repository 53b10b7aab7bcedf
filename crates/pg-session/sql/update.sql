-- Stores the data $2 for $3 milliseconds in the live session $1 if its data is still $4. Returns 'saved', or null if not.
WITH stored AS (
    UPDATE {table} AS s
    SET {data} = $2::text::{json}, {expiry} = (statement_timestamp() + ($3::text::float8 * interval '1 millisecond')){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
      AND coalesce(s.{data}::text, 'null') = $4::text
    RETURNING 1
)
SELECT $1::text AS key, (SELECT 'saved' FROM stored) AS outcome
