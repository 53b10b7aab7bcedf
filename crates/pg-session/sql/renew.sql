-- Like set, for a session created under another id, $4 microseconds after 1970. An empty $4 means now.
WITH stored AS (
    INSERT INTO {table} AS s ({id}, {data}, {expiry}, {created})
    VALUES ($1::text, $2::text::{json}, (statement_timestamp() + $3::text::float8 * interval '1 millisecond'){zone},
            coalesce(timestamptz 'epoch' + nullif($4::text, '')::float8 * interval '1 microsecond', statement_timestamp()))
    ON CONFLICT ({id}) DO UPDATE
    SET {data} = excluded.{data}, {expiry} = excluded.{expiry}, {created} = excluded.{created}
    WHERE {fits}
)
SELECT $1::text AS key
