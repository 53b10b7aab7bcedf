-- The live sessions of the subject $1: id, data and the seconds left. Who lives longest comes first.
SELECT s.{id}::text AS id,
       coalesce(s.{data}::text, 'null') AS data,
       (date_part('epoch', {expires}) - date_part('epoch', statement_timestamp()))::text AS seconds
FROM {table} AS s
WHERE s.{data} #>> {subject} = $1::text AND {expires} > statement_timestamp()
ORDER BY s.{expiry} DESC, s.{id}
