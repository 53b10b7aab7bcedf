SELECT word, names
FROM pkgstats.word
WHERE word >= $1 AND word < $2
ORDER BY names DESC, word
LIMIT 20
