-- Deletes up to $3 of the expired among the first $2 sessions with ids after $1, unless $4 is 'true' and another process
-- sweeps. For tables that have no ctid ranges. Locked rows are left for the next sweep: waiting for them could deadlock.
WITH sweep_lock AS MATERIALIZED (
    SELECT CASE WHEN $4::text = 'true' THEN pg_try_advisory_xact_lock({sweep_lock}) ELSE true END AS acquired
), page AS MATERIALIZED (
    SELECT s.{id} AS id
    FROM {table} AS s
    WHERE (SELECT acquired FROM sweep_lock) AND s.{id} > $1::text
    ORDER BY s.{id}
    LIMIT $2::text::int4
), expired AS MATERIALIZED (
    SELECT s.{id} AS id
    FROM {table} AS s
    WHERE s.{id} = ANY (ARRAY(SELECT id FROM page)) AND {expires} <= statement_timestamp()
    LIMIT $3::text::int4
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {table} AS s
    WHERE s.{id} = ANY (ARRAY(SELECT id FROM expired)) AND {expires} <= statement_timestamp()
    RETURNING 1
)
SELECT $1::text AS key, (SELECT acquired FROM sweep_lock)::text AS acquired,
       (SELECT count(*) FROM gone)::text AS deleted,
       (SELECT max(id)::text FROM page) AS last
