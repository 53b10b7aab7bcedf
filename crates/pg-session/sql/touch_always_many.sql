-- As touch_always, for all of $1 and $2, in their order.
UPDATE {table} AS s
SET {expiry} = (statement_timestamp() + i.ttl * interval '1 millisecond'){zone}
FROM unnest($1::text[], $2::bigint[]) AS i (id, ttl)
WHERE s.{id} = i.id AND {expires} > statement_timestamp()
  AND s.{expiry}{zone} <= statement_timestamp() + i.ttl * interval '1 millisecond'
  AND {asynchronous}
RETURNING i.id AS key, 'alive' AS outcome
