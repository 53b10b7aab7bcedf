COPY pkgstats.stage_count FROM STDIN (FORMAT binary)
