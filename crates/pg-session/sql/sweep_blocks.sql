-- Deletes up to $3 expired sessions in the heap rows $1 (inclusive) to $2 (exclusive), unless $4 is 'true' and another process
-- sweeps. Locked rows are left for the next sweep: waiting for them could deadlock.
WITH sweep_lock AS MATERIALIZED (
    SELECT CASE WHEN $4::text = 'true' THEN pg_try_advisory_xact_lock({sweep_lock}) ELSE true END AS acquired
), expired AS MATERIALIZED (
    SELECT s.ctid AS tid
    FROM {table} AS s
    WHERE (SELECT acquired FROM sweep_lock)
      AND s.ctid >= $1::text::tid AND s.ctid < $2::text::tid
      AND {expires} <= statement_timestamp()
    LIMIT $3::text::int4
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {table} AS s
    WHERE s.ctid = ANY (ARRAY(SELECT tid FROM expired)) AND {expires} <= statement_timestamp()
    RETURNING 1
)
SELECT $1::text AS key, (SELECT acquired FROM sweep_lock)::text AS acquired,
       (SELECT count(*) FROM gone)::text AS deleted,
       (pg_relation_size({regclass}) / current_setting('block_size')::int4)::text AS blocks
