COPY pkgstats.stage_name FROM STDIN (FORMAT binary)
