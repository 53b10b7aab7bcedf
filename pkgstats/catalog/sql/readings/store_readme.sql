INSERT INTO pkgstats.readme (name, version, path, content, is_cut, files, sizes)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (name) DO UPDATE SET
    version = excluded.version,
    path = excluded.path,
    content = excluded.content,
    is_cut = excluded.is_cut,
    files = excluded.files,
    sizes = excluded.sizes
