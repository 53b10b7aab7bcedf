SELECT word, names
FROM pkgstats.word
WHERE word = ANY ($1)
