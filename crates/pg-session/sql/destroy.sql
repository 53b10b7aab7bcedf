-- The session $1 is no more. A row with 't' if it was alive.
DELETE FROM {table} AS s
WHERE s.{id} = $1::text
RETURNING ({expires} > statement_timestamp())::text AS alive
