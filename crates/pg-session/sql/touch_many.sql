-- As touch, for all of $1, $2 and $3, in their order.
WITH asked AS MATERIALIZED (
    SELECT i.id, i.ttl::float8 AS ttl, i.lag::float8 AS lag
    FROM unnest($1::text[], $2::text[], $3::text[]) AS i (id, ttl, lag)
), moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + i.ttl * interval '1 millisecond'){zone}
    FROM asked AS i
    WHERE s.{id} = i.id AND s.{expiry}{zone} > statement_timestamp()
      AND (i.lag = 0
           OR s.{expiry}{zone} < statement_timestamp() + (i.ttl - i.lag) * interval '1 millisecond'
           OR s.{expiry}{zone} > statement_timestamp() + (i.ttl + i.lag) * interval '1 millisecond')
)
SELECT i.id AS key, 'alive' AS outcome
FROM asked AS i
JOIN {table} AS s ON s.{id} = i.id
WHERE s.{expiry}{zone} > statement_timestamp()
