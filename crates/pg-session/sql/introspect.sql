-- Returns what setup needs to know as one JSON text: the server, the schema $1, its table $2, and whether an index exists
-- on the path $4 in the column $3. Types are given as oids, because their names depend on settings.
SELECT $1::text AS key, json_build_object(
    'version', current_setting('server_version_num')::int,
    'zone', (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'),
    'schema_exists', EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::text),
    'table', (
        SELECT json_build_object(
            'kind', c.relkind,
            -- Reading the size or an index definition locks the table. Both are read only if they matter.
            'is_empty', CASE WHEN c.relkind = 'r' AND $4::text <> '{}' THEN pg_relation_size(c.oid) = 0 ELSE false END,
            'columns', (
                SELECT coalesce(json_agg(json_build_object(
                    'name', a.attname,
                    'type', a.atttypid::int8,
                    'type_name', pg_catalog.format_type(a.atttypid, NULL),
                    'is_deterministic', coalesce((
                        SELECT o.collisdeterministic FROM pg_catalog.pg_collation AS o WHERE o.oid = a.attcollation
                    ), true),
                    'has_default', a.atthasdef,
                    'needs_value', a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
                )), '[]')
                FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ),
            'unique_columns', (
                SELECT coalesce(json_agg(a.attname), '[]')
                FROM pg_catalog.pg_index AS i
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                WHERE i.indrelid = c.oid AND i.indisunique AND i.indimmediate AND i.indisvalid
                  AND i.indnkeyatts = 1 AND i.indpred IS NULL
            ),
            'has_subject_index', CASE WHEN $4::text <> '{}' THEN EXISTS (
                SELECT FROM pg_catalog.pg_index AS i
                WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
                  AND pg_catalog.pg_get_indexdef(i.indexrelid, 1, true)
                      = format('(%I #>> ''%s''::text[])', $3::text, replace($4::text::text[]::text, '''', ''''''))
            ) ELSE false END,
            'missing_privileges', array_remove(ARRAY[
                CASE WHEN NOT has_schema_privilege(n.oid, 'USAGE') THEN 'USAGE ON SCHEMA' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END
            ], NULL)
        )
        FROM pg_catalog.pg_class AS c
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = $1::text AND c.relname = $2::text
    )
)::text AS found
