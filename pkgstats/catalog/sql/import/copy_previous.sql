COPY pkgstats.stage_previous FROM STDIN (FORMAT binary)
