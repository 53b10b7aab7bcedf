COPY (
    SELECT id, word FROM pkgstats.next_word WHERE names >= 20 AND length(word) >= 4
) TO STDOUT (FORMAT binary)
