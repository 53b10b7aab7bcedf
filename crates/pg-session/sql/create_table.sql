CREATE TABLE IF NOT EXISTS {table} (
    {id} pg_catalog.text COLLATE pg_catalog."C" PRIMARY KEY,
    {expiry} pg_catalog.timestamptz NOT NULL,
    {data} pg_catalog.json{created_column}
) WITH (fillfactor = 80)
