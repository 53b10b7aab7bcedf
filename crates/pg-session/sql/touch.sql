-- The session $1 lives for $2 milliseconds from now. A row if it lives.
-- Nothing is written while the stored expiry is within $3 milliseconds of the new one. That a session lives on may get
-- lost in a crash; that it ends sooner may not.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + $2::text::float8 * interval '1 millisecond'){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp() AND {asynchronous}
      AND (s.{expiry}{zone} < statement_timestamp() + ($2::text::float8 - $3::text::float8) * interval '1 millisecond'
           OR s.{expiry}{zone} > statement_timestamp() + ($2::text::float8 + $3::text::float8) * interval '1 millisecond'
              AND {durable})
)
SELECT 'alive' AS outcome
FROM {table} AS s
WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
