-- Like touch_always, for all of $1 and $2, in their order. A row for each that lives.
UPDATE {table} AS s
SET {expiry} = (statement_timestamp() + i.ttl * interval '1 millisecond'){zone}
FROM unnest($1::text[], $2::bigint[]) AS i (id, ttl)
WHERE s.{id} = i.id AND {expires} > statement_timestamp() AND {asynchronous}
  AND (s.{expiry}{zone} <= statement_timestamp() + i.ttl * interval '1 millisecond' OR {durable})
RETURNING i.id AS key, 'alive' AS outcome
