-- Sorted, so that the ids of an import do not depend on its plan.
INSERT INTO pkgstats.next_word (id, word, names)
SELECT row_number() OVER (ORDER BY names DESC, word), word, names
FROM (
    SELECT word, count(*) AS names, min(id) AS most_popular
    FROM pkgstats.next_package, unnest(words) AS word
    GROUP BY word
) counted
WHERE names >= 3 OR most_popular <= 320000
