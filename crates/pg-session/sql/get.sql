-- The data and the seconds left of the live session $1.
SELECT coalesce(s.{data}::text, 'null') AS data,
       (date_part('epoch', s.{expiry}{zone}) - date_part('epoch', statement_timestamp()))::text AS seconds
FROM {table} AS s
WHERE s.{id} = $1::text AND s.{expiry}{zone} > statement_timestamp()
