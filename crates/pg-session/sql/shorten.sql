-- The session $1 lives for $2 milliseconds from now, whatever the stored expiry is. A row if it lived.
UPDATE {table} AS s
SET {expiry} = (statement_timestamp() + $2::text::float8 * interval '1 millisecond'){zone}
WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
RETURNING 'alive' AS outcome
