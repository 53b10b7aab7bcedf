COPY pkgstats.stage_repository FROM STDIN (FORMAT binary)
