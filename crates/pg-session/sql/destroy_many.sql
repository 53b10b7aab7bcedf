-- Like destroy, for all the ids $1, in their order. A row for each that was there.
DELETE FROM {table} AS s
USING unnest($1::text[]) AS i (id)
WHERE s.{id} = i.id
RETURNING i.id AS key, ({expires} > statement_timestamp())::text AS alive
