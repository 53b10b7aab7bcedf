-- Lets the live session $1 expire $2 milliseconds from now. Returns 'alive', or null if there is no live session.
-- Writes nothing if the stored expiry is within $3 milliseconds of the new one. A later expiry commits asynchronously, and
-- a crash may undo it. An earlier one waits for the disk.
WITH moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + ($2::text::float8 * interval '1 millisecond')){zone}
    WHERE s.{id} = $1::text AND {expires} > statement_timestamp() AND {async_commit}
      AND (s.{expiry}{zone} < (statement_timestamp() + (($2::text::float8 - $3::text::float8) * interval '1 millisecond'))
           OR s.{expiry}{zone} > (statement_timestamp() + (($2::text::float8 + $3::text::float8) * interval '1 millisecond'))
              AND {sync_commit})
)
SELECT $1::text AS key, (
    SELECT 'alive' FROM {table} AS s WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
) AS outcome
