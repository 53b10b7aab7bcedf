-- Like touch, but writes even if the stored expiry is close to the new one.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + ($2::text::float8 * interval '1 millisecond')){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp() AND {async_commit}
      AND (s.{expiry}{zone} <= (statement_timestamp() + ($2::text::float8 * interval '1 millisecond')) OR {sync_commit})
    RETURNING 1
)
SELECT $1::text AS key, (SELECT 'alive' FROM moved) AS outcome
