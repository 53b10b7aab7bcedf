-- Like extend, for arrays. Returns a row for each live session.
WITH found AS MATERIALIZED (
    SELECT i.id, i.ttl, i.lag,
           s.{expiry}{zone} < (statement_timestamp() + ((i.ttl - i.lag) * interval '1 millisecond')) AS due
    FROM ROWS FROM (unnest($1::text[]), unnest($2::int8[]), unnest($3::int8[])) AS i (id, ttl, lag)
    JOIN {table} AS s ON s.{id} = i.id
    WHERE {expires} > statement_timestamp()
), moved AS (
    UPDATE {table} AS s
    SET {expiry} = (statement_timestamp() + (f.ttl * interval '1 millisecond')){zone}
    FROM found AS f
    WHERE f.due AND s.{id} = f.id AND {expires} > statement_timestamp() AND {async_commit}
      -- Checked again: another process may have changed the row.
      AND s.{expiry}{zone} < (statement_timestamp() + ((f.ttl - f.lag) * interval '1 millisecond'))
)
SELECT f.id AS key, 'alive' AS outcome
FROM found AS f
