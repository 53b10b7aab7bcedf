-- Twice as long after each attempt, from half a minute to a day.
UPDATE pkgstats.job
SET due = statement_timestamp() + greatest(
        $4::float8 * interval '1 s',
        least(interval '1 day', interval '15 s' * 2 ^ least(attempts, 16))
    ),
    is_urgent = false,
    problem = $3
WHERE kind = $1 AND name = ANY ($2)
