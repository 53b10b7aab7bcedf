COPY pkgstats.next_types FROM STDIN (FORMAT binary)
