COPY pkgstats.next_replacement FROM STDIN (FORMAT binary)
