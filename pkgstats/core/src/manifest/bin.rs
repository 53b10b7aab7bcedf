//! `bin`: one path, named after the package, or an object of names to paths.

use serde_json::Value;

pub(super) fn read(bin: Option<&Value>, name: Option<&Value>) -> Vec<String> {
    match bin {
        Some(Value::String(path)) if !path.is_empty() => {
            let name = name.and_then(Value::as_str).unwrap_or_default();
            let command = name.rsplit('/').next().unwrap_or_default();
            if command.is_empty() { Vec::new() } else { vec![command.to_owned()] }
        }
        Some(Value::Object(commands)) => {
            let is_command = |(name, path): &(&String, &Value)| !name.is_empty() && path.is_string();
            commands.iter().filter(is_command).map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    }
}
