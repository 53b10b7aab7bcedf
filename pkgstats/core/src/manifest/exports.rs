//! The conditions of `exports`, flattened to the files they end in.

use serde_json::Value;

/// One file that an import or a `require` of the package's root may load.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Target<'a> {
    /// The file's path, such as `./index.js`.
    pub(super) path: &'a str,
    /// The condition that decides the loader.
    pub(super) via: Via,
}

/// Which loader a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Via {
    /// Any loader.
    Any,
    /// `import`.
    Import,
    /// `require`.
    Require,
    /// TypeScript.
    Types,
}

/// Returns the targets of the package's root, `.`, in order.
pub(super) fn root_targets(exports: &Value) -> Vec<Target<'_>> {
    let root = match exports {
        Value::Object(object) if object.keys().any(|key| key.starts_with('.')) => match object.get(".") {
            Some(root) => root,
            None => return Vec::new(),
        },
        other => other,
    };
    let mut targets = Vec::new();
    collect(root, Via::Any, &mut targets);
    targets
}

/// serde_json reads 128 levels at most, which bounds the recursion.
fn collect<'a>(value: &'a Value, via: Via, targets: &mut Vec<Target<'a>>) {
    match value {
        Value::String(path) => targets.push(Target { path, via: if is_declaration(path) { Via::Types } else { via } }),
        // Alternatives: the first that resolves is used.
        Value::Array(list) => list.iter().take(1).for_each(|value| collect(value, via, targets)),
        Value::Object(conditions) => {
            for (condition, value) in conditions {
                collect(value, narrow(via, condition), targets);
            }
        }
        _ => {}
    }
}

fn narrow(via: Via, condition: &str) -> Via {
    match condition {
        _ if via == Via::Types => via,
        "types" | "typings" => Via::Types,
        _ if condition.starts_with("types@") => Via::Types,
        "import" | "module" | "module-sync" if via == Via::Any => Via::Import,
        "require" if via == Via::Any => Via::Require,
        _ => via,
    }
}

/// Returns whether TypeScript reads the file as declarations.
pub(super) fn is_declaration(path: &str) -> bool {
    [".d.ts", ".d.mts", ".d.cts"].iter().any(|ending| path.ends_with(ending))
}
