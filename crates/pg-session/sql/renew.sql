-- Like set, for a session created under another id, $4 microseconds after 1970. An empty $4 means now.
WITH stored AS (
    INSERT INTO {table} AS s ({id}, {data}, {expiry}, {created})
    VALUES ($1::text, $2::text::{json}, (statement_timestamp() + ($3::text::float8 * interval '1 millisecond')){zone},
            CASE WHEN $4::text <> '' THEN 'epoch'::timestamptz + ($4::text::float8 * interval '1 microsecond')
                 ELSE statement_timestamp() END)
    ON CONFLICT ({id}) DO UPDATE
    SET {data} = excluded.{data}, {expiry} = excluded.{expiry}, {created} = excluded.{created}
    WHERE {fits}
)
SELECT $1::text AS key
