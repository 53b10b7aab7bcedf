//! The rules of Pkg Stats, without I/O: names, queries, ranking, figures, charts and readmes.
