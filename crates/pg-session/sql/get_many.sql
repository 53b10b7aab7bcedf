-- As get, for all the ids $1. Two timestamps for the time left: to take seconds out of them costs more than all the rest.
-- What is json is text on the wire, without a cast.
SELECT s.{id}::text AS key,
       coalesce(s.{data}{text}, 'null') AS data,
       {expires} AS expiry,
       statement_timestamp() AS now
FROM {table} AS s
WHERE s.{id} = ANY ($1::text[]) AND {expires} > statement_timestamp()
