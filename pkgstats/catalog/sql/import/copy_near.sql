COPY pkgstats.next_near FROM STDIN (FORMAT binary)
