COPY pkgstats.stage_dependents FROM STDIN (FORMAT binary)
