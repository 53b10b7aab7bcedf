-- As set, but never over a live session. A row if it was created.
INSERT INTO {table} AS s ({id}, {data}, {expiry})
VALUES ($1::text, $2::text::{json}, (statement_timestamp() + $3::text::float8 * interval '1 millisecond'){zone})
ON CONFLICT ({id}) DO UPDATE SET {data} = excluded.{data}, {expiry} = excluded.{expiry}{anew}
WHERE ({expires} > statement_timestamp()) IS NOT TRUE
RETURNING 'created' AS outcome
