//! Reads packuments, tarballs, download counts and changes from an npm registry.
