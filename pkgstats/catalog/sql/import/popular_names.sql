COPY (
    SELECT id, name FROM pkgstats.next_package WHERE downloads >= 1000 AND NOT holding
) TO STDOUT (FORMAT binary)
