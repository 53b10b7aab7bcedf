-- Like set, for arrays. They come sorted by id, which makes concurrent batches lock rows in the same order.
INSERT INTO {table} AS s ({id}, {data}, {expiry})
SELECT i.id, i.data::{json}, (statement_timestamp() + (i.ttl * interval '1 millisecond')){zone}
FROM ROWS FROM (unnest($1::text[]), unnest($2::text[]), unnest($3::int8[])) AS i (id, data, ttl)
ON CONFLICT ({id}) DO UPDATE SET {data} = excluded.{data}, {expiry} = excluded.{expiry}{created_on_conflict}
WHERE {fits}
