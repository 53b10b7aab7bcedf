use std::process::{Command, Stdio};

/// Returns whether a program is installed: whether it prints its version.
pub(crate) fn responds(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
