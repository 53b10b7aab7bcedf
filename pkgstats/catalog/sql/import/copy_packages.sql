COPY pkgstats.next_package (
    id, tier, name, key, words, downloads, previous, rank, shared_by, repository, owner, holding, listed,
    dependents
) FROM STDIN (FORMAT binary, FREEZE true)
