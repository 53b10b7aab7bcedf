SELECT
    version, published, deprecated, license, module_format, has_types, node, unpacked_size, file_count, dependencies
FROM pkgstats.version
WHERE name = $1 AND version = $2
