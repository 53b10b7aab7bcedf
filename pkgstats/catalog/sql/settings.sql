-- All statements have an index. For frequent words, the estimates prefer to read the whole table, with several workers.
SET LOCAL enable_seqscan = off;
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL jit = off;
