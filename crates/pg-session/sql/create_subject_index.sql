-- A hash index accepts values of any size, and has no entries for sessions without a subject.
CREATE INDEX IF NOT EXISTS {subject_index} ON {table} USING hash (({data} #>> {subject_path}))
