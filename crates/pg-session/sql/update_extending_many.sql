-- Like update_extending, for arrays. Returns a row for each session that was saved.
UPDATE {table} AS s
SET {data} = i.data::{json},
    {expiry} = GREATEST(s.{expiry}, (statement_timestamp() + (i.ttl * interval '1 millisecond')){zone})
FROM ROWS FROM (unnest($1::text[]), unnest($2::text[]), unnest($3::int8[]), unnest($4::text[])) AS i (id, data, ttl, base)
WHERE s.{id} = i.id AND {expires} > statement_timestamp()
  AND coalesce(s.{data}::text, 'null') = i.base
RETURNING i.id AS key, 'saved' AS outcome
