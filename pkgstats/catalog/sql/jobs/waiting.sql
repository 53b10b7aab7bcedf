SELECT kind, count(*) AS waiting, count(problem) AS failed FROM pkgstats.job GROUP BY kind ORDER BY kind
