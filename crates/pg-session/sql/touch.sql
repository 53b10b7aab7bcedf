-- Keeps the session $1 alive for $2 milliseconds from now. 'alive' if it lives.
-- Nothing is written while the stored expiry is within $3 milliseconds of the new one. A crash may take back that a session
-- lives longer, but not that it ends sooner.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + $2::text::float8 * interval '1 millisecond'){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp() AND {asynchronous}
      AND (s.{expiry}{zone} < statement_timestamp() + ($2::text::float8 - $3::text::float8) * interval '1 millisecond'
           OR s.{expiry}{zone} > statement_timestamp() + ($2::text::float8 + $3::text::float8) * interval '1 millisecond'
              AND {durable})
)
SELECT $1::text AS key, (
    SELECT 'alive' FROM {table} AS s WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS outcome
