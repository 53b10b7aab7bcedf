-- The live session $1 holds the data $2 for $3 milliseconds, if its data is $4 still. A row if so.
UPDATE {table} AS s
SET {data} = $2::text::{json}, {expiry} = (statement_timestamp() + $3::text::float8 * interval '1 millisecond'){zone}
WHERE s.{id} = $1::text AND {expires} > statement_timestamp()
  AND coalesce(s.{data}::text, 'null') = $4::text
RETURNING 'saved' AS outcome
