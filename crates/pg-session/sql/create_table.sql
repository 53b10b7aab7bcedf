CREATE TABLE IF NOT EXISTS {table} (
    {id} text COLLATE "C" PRIMARY KEY,
    {expiry} timestamptz NOT NULL,
    {data} json{created_column}
) WITH (fillfactor = 80)
