COPY (
    SELECT
        name,
        c.downloads,
        p.downloads AS previous,
        r.url,
        l.name IS NOT NULL AS listed,
        d.position
    FROM pkgstats.stage_count c
    FULL JOIN pkgstats.stage_name l USING (name)
    LEFT JOIN pkgstats.stage_previous p USING (name)
    LEFT JOIN pkgstats.stage_repository r USING (name)
    -- The list repeats a name.
    LEFT JOIN (
        SELECT name, min(position) AS position FROM pkgstats.stage_dependents GROUP BY name
    ) d USING (name)
    ORDER BY c.downloads DESC NULLS LAST, name
) TO STDOUT (FORMAT binary)
