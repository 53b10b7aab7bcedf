-- Deletes at most $3 expired sessions from the heap blocks $1 (inclusive) to $2 (exclusive), if it is our turn.
-- Rows that somebody holds are left for the next round: waiting for them could deadlock.
WITH turn AS MATERIALIZED (
    SELECT pg_try_advisory_xact_lock({lock}) AS ours
), expired AS MATERIALIZED (
    SELECT s.ctid AS place
    FROM {table} AS s
    WHERE (SELECT ours FROM turn)
      AND s.ctid >= ('(' || $1::text || ',0)')::tid AND s.ctid < ('(' || $2::text || ',0)')::tid
      AND {expires} <= statement_timestamp()
    LIMIT $3::text::int
    FOR UPDATE SKIP LOCKED
), gone AS (
    DELETE FROM {table} AS s
    WHERE s.ctid = ANY (ARRAY(SELECT place FROM expired)) AND {expires} <= statement_timestamp()
    RETURNING 1
)
SELECT $1::text AS key, (SELECT ours FROM turn)::text AS ours,
       (SELECT count(*) FROM gone)::text AS deleted,
       (pg_relation_size({regclass}) / current_setting('block_size')::int)::text AS blocks
