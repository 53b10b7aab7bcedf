-- The session $1 lives for $2 milliseconds from now, if it would have ended before. A row if it lives, and not for longer.
-- Nothing is written while the stored expiry is within $3 milliseconds of the new one.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + $2::text::float8 * interval '1 millisecond'){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
      AND s.{expiry}{zone} < statement_timestamp() + ($2::text::float8 - $3::text::float8) * interval '1 millisecond'
      AND {asynchronous}
)
SELECT 'alive' AS outcome
FROM {table} AS s
WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
  AND s.{expiry}{zone} <= statement_timestamp() + ($2::text::float8 + $3::text::float8) * interval '1 millisecond'
