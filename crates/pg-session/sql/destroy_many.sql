-- Like destroy, for an array of ids. Returns a row for each session that existed.
DELETE FROM {table} AS s
USING unnest($1::text[]) AS i (id)
WHERE s.{id} = i.id
RETURNING i.id AS key, ({expires} > statement_timestamp())::text AS alive
