-- Returns what setup needs to know as one JSON text: the server, the schema $1, its table $2 with the columns $3 (id), $4
-- (expiry) and $5 (data), and whether an index exists on the path $6 in the data. Types are given as oids, because their names
-- depend on settings.
WITH RECURSIVE target AS (
    SELECT c.oid, c.relkind, n.oid AS schema
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = $1::text AND c.relname = $2::text
), tree AS (
    SELECT t.oid FROM target AS t
    UNION ALL
    SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i JOIN tree AS t ON i.inhparent = t.oid
), expressions AS (
    -- What has code that our statements run, as pg_depend names it.
    SELECT 'pg_catalog.pg_trigger'::regclass AS class, g.oid AS object, 'trigger' AS kind, g.tgname::text AS name
    FROM tree
    JOIN pg_catalog.pg_trigger AS g ON g.tgrelid = tree.oid AND NOT g.tgisinternal
    UNION ALL
    SELECT 'pg_catalog.pg_attrdef'::regclass, d.oid, 'default', a.attname::text
    FROM tree
    JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = tree.oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    UNION ALL
    SELECT 'pg_catalog.pg_constraint'::regclass, k.oid, 'constraint', k.conname::text
    FROM tree
    JOIN pg_catalog.pg_constraint AS k ON k.conrelid = tree.oid
    UNION ALL
    SELECT 'pg_catalog.pg_class'::regclass, c.oid, 'index', c.relname::text
    FROM tree
    JOIN pg_catalog.pg_index AS i ON i.indrelid = tree.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    UNION ALL
    SELECT 'pg_catalog.pg_rewrite'::regclass, w.oid, 'rule', w.rulename::text
    FROM tree
    JOIN pg_catalog.pg_rewrite AS w ON w.ev_class = tree.oid
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::regclass, p.oid, 'policy', p.polname::text
    FROM tree
    JOIN pg_catalog.pg_policy AS p ON p.polrelid = tree.oid
), code AS (
    -- Who can have had code of their own run by our statements.
    SELECT c.relowner AS role, CASE WHEN c.oid = t.oid THEN 'table' ELSE 'partition' END AS kind, c.relname::text AS name
    FROM tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.oid
    CROSS JOIN target AS t
    UNION ALL
    SELECT f.proowner, e.kind, e.name
    FROM expressions AS e
    JOIN pg_catalog.pg_depend AS d
        ON d.classid = e.class AND d.objid = e.object AND d.refclassid = 'pg_catalog.pg_proc'::regclass
    JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid
), own_roles AS (
    -- Not pg_has_role(), which counts a superuser as a member of every role.
    SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = current_user
    UNION
    SELECT m.roleid FROM pg_catalog.pg_auth_members AS m JOIN own_roles AS r ON m.member = r.oid
), configured AS (
    -- The search_path of the connection string, which the store's own connections pass on under another name, or that of the
    -- role, which a setting of the login may hide. Some clients take a dollar sign and a word for a parameter, even in a text.
    SELECT coalesce(
        current_setting('pg_session.search_path', true),
        (SELECT reset_val FROM pg_catalog.pg_settings
         WHERE name = 'search_path' AND source = 'client' AND reset_val <> 'pg_catalog'),
        (SELECT substr(setting, 13)
         FROM pg_catalog.pg_db_role_setting AS s
         CROSS JOIN unnest(s.setconfig) AS setting
         LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
         LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
         WHERE starts_with(setting, 'search_path=') AND (s.setrole = 0 OR r.rolname = current_user)
           AND (s.setdatabase = 0 OR d.datname = current_database())
         ORDER BY s.setrole = 0, s.setdatabase = 0
         LIMIT 1),
        (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'search_path' AND source <> 'client'),
        chr(36) || 'user, public'
    ) AS search_path
), elsewhere AS (
    -- A table of this name in another schema of that path, with these columns.
    SELECT n.nspname::text AS schema
    FROM configured
    CROSS JOIN unnest(string_to_array(search_path, ',')) WITH ORDINALITY AS p (entry, number)
    JOIN pg_catalog.pg_namespace AS n
        ON n.nspname = CASE WHEN btrim(entry, ' "') = (chr(36) || 'user') THEN current_user::text ELSE btrim(entry, ' "') END
    JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relname = $2::text
    WHERE n.nspname <> $1::text AND (c.relkind = 'r' OR c.relkind = 'p')
      AND (SELECT count(*) FROM pg_catalog.pg_attribute AS a
           WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname = ANY (ARRAY[$3::text, $4::text, $5::text])) = 3
    ORDER BY number
    LIMIT 1
)
SELECT $1::text AS key, json_build_object(
    'version', current_setting('server_version_num')::int4,
    'zone', (SELECT reset_val FROM pg_catalog.pg_settings WHERE name = 'TimeZone'),
    'schema_exists', EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1::text),
    'elsewhere', (SELECT schema FROM elsewhere),
    'table', (
        SELECT json_build_object(
            'kind', c.relkind,
            -- Reading the size or an index definition locks the table. Both are read only if they matter.
            'is_empty', CASE WHEN c.relkind = 'r' AND ($6::text <> '{}' OR EXISTS (SELECT FROM elsewhere))
                             THEN pg_relation_size(c.oid) = 0 ELSE false END,
            'foreign_code', (
                SELECT json_build_object('role', r.rolname, 'kind', f.kind, 'name', f.name, 'own_role', current_user)
                FROM code AS f
                JOIN pg_catalog.pg_roles AS r ON r.oid = f.role
                WHERE NOT r.rolsuper AND r.rolname <> 'pg_database_owner'
                  AND NOT EXISTS (SELECT FROM own_roles AS o WHERE o.oid = r.oid)
                  AND NOT EXISTS (
                      SELECT FROM pg_catalog.pg_database AS d WHERE d.datname = current_database() AND d.datdba = r.oid
                  )
                ORDER BY f.kind <> 'table', f.kind, f.name
                LIMIT 1
            ),
            'columns', (
                SELECT coalesce(json_agg(json_build_object(
                    'name', a.attname,
                    'type', a.atttypid::int8,
                    'type_name', format_type(a.atttypid, NULL),
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
            'has_subject_index', CASE WHEN $6::text <> '{}' THEN EXISTS (
                SELECT FROM pg_catalog.pg_index AS i
                WHERE i.indrelid = c.oid AND i.indisvalid AND i.indpred IS NULL
                  -- A name that the search_path hides is shown with its schema.
                  AND replace(replace(pg_get_indexdef(i.indexrelid, 1, true), 'OPERATOR(pg_catalog.#>>)', '#>>'),
                              '::pg_catalog.text[]', '::text[]')
                      = format('(%I #>> ''%s''::text[])', $5::text, replace($6::text::text[]::text, '''', ''''''))
            ) ELSE false END,
            'missing_privileges', array_remove(ARRAY[
                CASE WHEN NOT has_schema_privilege(c.schema, 'USAGE') THEN 'USAGE ON SCHEMA' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'SELECT') THEN 'SELECT' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'INSERT') THEN 'INSERT' END,
                CASE WHEN NOT has_any_column_privilege(c.oid, 'UPDATE') THEN 'UPDATE' END,
                CASE WHEN NOT has_table_privilege(c.oid, 'DELETE') THEN 'DELETE' END
            ], NULL)
        )
        FROM target AS c
    )
)::text AS found
