-- Like touch_always, for arrays. Returns a row for each live session.
UPDATE {table} AS s
SET {expiry} = (statement_timestamp() + (i.ttl * interval '1 millisecond')){zone}
FROM ROWS FROM (unnest($1::text[]), unnest($2::int8[])) AS i (id, ttl)
WHERE s.{id} = i.id AND {expires} > statement_timestamp() AND {async_commit}
  AND (s.{expiry}{zone} <= (statement_timestamp() + (i.ttl * interval '1 millisecond')) OR {sync_commit})
RETURNING i.id AS key, 'alive' AS outcome
