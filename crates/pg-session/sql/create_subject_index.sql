-- A hash holds values of any size, and takes no notice of sessions that nobody is logged in to.
CREATE INDEX IF NOT EXISTS {subject_index} ON {table} USING hash (({data} #>> {subject}))
