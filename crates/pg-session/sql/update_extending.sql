-- Like update, but the session never expires earlier than before.
WITH stored AS (
    UPDATE {table} AS s
    SET {data} = $2::text::{json},
        {expiry} = GREATEST(s.{expiry}, (statement_timestamp() + ($3::text::float8 * interval '1 millisecond')){zone})
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
      AND coalesce(s.{data}::text, 'null') = $4::text
    RETURNING 1
)
SELECT $1::text AS key, (SELECT 'saved' FROM stored) AS outcome
