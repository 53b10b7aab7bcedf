-- The sessions of the subject $1 are no more, but for $2. How many of them were alive.
WITH gone AS (
    DELETE FROM {table} AS s
    WHERE s.{data} #>> {subject} = $1::text AND s.{id} <> $2::text
    RETURNING {expires} > statement_timestamp() AS alive
)
SELECT count(*) FILTER (WHERE alive)::text AS destroyed
FROM gone
