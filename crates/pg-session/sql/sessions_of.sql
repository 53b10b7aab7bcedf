-- Returns the id, data and seconds left of the live sessions of the subject $1. The last to expire comes first.
SELECT i.key, s.id, s.data, s.seconds
FROM (SELECT $1::text AS key) AS i
LEFT JOIN (
    SELECT s.{id}::text AS id,
           coalesce(s.{data}::text, 'null') AS data,
           LEAST(date_part('epoch', {expires}) - date_part('epoch', statement_timestamp()), 1e12)::numeric::text AS seconds,
           s.{expiry} AS expiry
    FROM {table} AS s
    WHERE s.{data} #>> {subject_path} = $1::text AND {expires} > statement_timestamp()
) AS s ON true
ORDER BY s.expiry DESC, s.id
