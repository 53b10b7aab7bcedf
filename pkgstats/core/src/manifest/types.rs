//! Types of the package's own. Whether `@types` has a package for it is the catalogue's business.

use super::entry::Entry;
use super::exports::{Via, root_targets};

/// Where a package's types are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Types {
    /// In the package itself.
    Own,
    /// Nowhere in the package.
    None,
}

pub(super) fn of(entry: &Entry, files: Option<&[String]>) -> Types {
    let declared = entry.types.is_some()
        || entry.exports.as_ref().is_some_and(|exports| root_targets(exports).iter().any(|t| t.via == Via::Types));
    if declared || files.is_some_and(|files| has_implied_declaration(entry, files)) { Types::Own } else { Types::None }
}

/// TypeScript finds `index.d.ts` beside `index.js` without being told.
fn has_implied_declaration(entry: &Entry, files: &[String]) -> bool {
    let mut entries = vec![entry.main.as_deref().filter(|main| !main.is_empty()).unwrap_or("index.js")];
    if let Some(exports) = &entry.exports {
        entries.extend(root_targets(exports).iter().map(|target| target.path));
    }
    entries.iter().any(|path| {
        let path = path.trim_start_matches("./").trim_end_matches('/');
        let candidates = match path.rsplit_once('.') {
            Some((stem, "mjs")) => vec![format!("{stem}.d.mts")],
            Some((stem, "cjs")) => vec![format!("{stem}.d.cts")],
            Some((stem, "js")) => vec![format!("{stem}.d.ts")],
            _ => vec![format!("{path}.d.ts"), format!("{path}/index.d.ts")],
        };
        candidates.iter().any(|candidate| files.contains(candidate))
    })
}
