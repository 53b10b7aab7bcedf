-- Like touch, but a session never expires earlier than before. Writes nothing unless that moves its expiry by more than $3
-- milliseconds.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + ($2::text::float8 * interval '1 millisecond')){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp() AND {async_commit}
      AND s.{expiry}{zone} < (statement_timestamp() + (($2::text::float8 - $3::text::float8) * interval '1 millisecond'))
)
SELECT $1::text AS key, (
    SELECT 'alive' FROM {table} AS s WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS outcome
