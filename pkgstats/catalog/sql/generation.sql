SELECT id, imported_at::text, measured, previous_measured, sum, previous_sum, packages, counted
FROM pkgstats.generation
ORDER BY id DESC
LIMIT 1
