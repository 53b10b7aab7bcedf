-- Deletes the expired among the $2 sessions whose ids follow $1, if it is our turn. For tables without ctid ranges.
-- Rows that somebody holds are left for the next round: waiting for them could deadlock.
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock({lock}) AS ours
), page AS MATERIALIZED (
    SELECT s.{id} AS id
    FROM {table} AS s
    WHERE (SELECT ours FROM turn) AND s.{id} > $1::text
    ORDER BY s.{id}
    LIMIT $2::text::int
), expired AS MATERIALIZED (
    SELECT s.{id} AS id
    FROM {table} AS s
    WHERE s.{id} = ANY (ARRAY(SELECT id FROM page)) AND {expires} <= statement_timestamp()
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = ANY (ARRAY(SELECT id FROM expired)) AND {expires} <= statement_timestamp()
    RETURNING 1
)
SELECT $1::text AS key, (SELECT ours FROM turn)::text AS ours,
       (SELECT count(*) FROM gone)::text AS deleted,
       (SELECT max(id)::text FROM page) AS last
