-- Deletes the sessions of the subject $1, except the session $2. Returns how many of them were alive.
WITH gone AS (
    DELETE FROM {table} AS s
    WHERE s.{data} #>> {subject_path} = $1::text AND s.{id} <> $2::text
    RETURNING {expires} > statement_timestamp() AS alive
)
SELECT $1::text AS key, count(*) FILTER (WHERE alive)::text AS destroyed
FROM gone
