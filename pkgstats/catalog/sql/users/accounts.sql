SELECT
    id,
    name,
    created,
    (SELECT count(*) FROM pkgstats.star WHERE star.account = account.id),
    (SELECT count(*) FROM pkgstats.watch WHERE watch.account = account.id)
FROM pkgstats.account
ORDER BY name
