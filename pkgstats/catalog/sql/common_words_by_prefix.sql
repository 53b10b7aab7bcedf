-- A short beginning has tens of thousands of words. Those of few names are searched for only if these are too few.
SELECT word, names
FROM pkgstats.word
WHERE word >= $1 AND word < $2 AND names >= 20
ORDER BY names DESC, word
LIMIT 20
