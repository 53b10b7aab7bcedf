-- As touch, where nothing lags behind.
UPDATE {table} AS s
SET {expiry} = (statement_timestamp() + $2::text::float8 * interval '1 millisecond'){zone}
WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
  AND s.{expiry}{zone} <= statement_timestamp() + $2::text::float8 * interval '1 millisecond'
  AND {asynchronous}
RETURNING 'alive' AS outcome
