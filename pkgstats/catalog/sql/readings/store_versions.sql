WITH given AS MATERIALIZED (
    SELECT *
    FROM unnest(
        $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[], $9::bigint[],
        $10::bigint[], $11::integer[]
    ) WITH ORDINALITY AS given (
        version, published, deprecated, license, module_format, has_types, node, unpacked_size, file_count, dependencies,
        position
    )
), removed AS (
    DELETE FROM pkgstats.version AS old
    WHERE old.name = $1 AND NOT EXISTS (SELECT FROM given WHERE given.version = old.version)
)
INSERT INTO pkgstats.version AS old (
    name, version, position, published, deprecated, license, module_format, has_types, node, unpacked_size, file_count,
    dependencies, appeared
)
SELECT
    $1, version, position, published, deprecated, license, module_format, has_types, node, unpacked_size, file_count,
    dependencies,
    CASE WHEN EXISTS (SELECT FROM pkgstats.version AS known WHERE known.name = $1) THEN statement_timestamp() END
FROM given
ON CONFLICT (name, version) DO UPDATE SET
    position = excluded.position,
    published = excluded.published,
    deprecated = excluded.deprecated,
    license = excluded.license,
    module_format = excluded.module_format,
    has_types = excluded.has_types,
    node = excluded.node,
    unpacked_size = excluded.unpacked_size,
    file_count = excluded.file_count,
    dependencies = excluded.dependencies
WHERE (old.position, old.published, old.deprecated, old.unpacked_size)
    IS DISTINCT FROM (excluded.position, excluded.published, excluded.deprecated, excluded.unpacked_size)
