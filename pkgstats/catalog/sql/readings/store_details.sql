INSERT INTO pkgstats.detail (name, version, description, keywords, deprecated, words, facts, etag, stored_at)
VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, statement_timestamp())
ON CONFLICT (name) DO UPDATE SET
    version = excluded.version,
    description = excluded.description,
    keywords = excluded.keywords,
    deprecated = excluded.deprecated,
    words = excluded.words,
    facts = excluded.facts,
    etag = excluded.etag,
    stored_at = excluded.stored_at
