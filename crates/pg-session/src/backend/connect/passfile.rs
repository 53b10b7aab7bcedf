//! The password file of libpq, `~/.pgpass`.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Once;

use tokio::task::spawn_blocking;

/// What a line of the file is compared with.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) dbname: String,
    pub(super) user: String,
}

/// Returns the password of the first line that fits. Reads the file for each login, so that a new password takes effect.
pub(super) async fn password(file: PathBuf, login: Login) -> Option<String> {
    spawn_blocking(move || find(&read(&file)?, &login)).await.ok().flatten()
}

static WARNED: Once = Once::new();

#[cfg_attr(not(unix), expect(unused_variables, reason = "only Unix has modes"))]
fn others_may_read(metadata: &Metadata) -> bool {
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    #[cfg(not(unix))]
    let mode = 0;
    mode & 0o077 != 0
}

/// As in libpq, a file that others may read is not used, and one that does not exist is no error.
fn read(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    let problem = if !metadata.is_file() {
        Some("it is not an ordinary file; replace it by one")
    } else if others_may_read(&metadata) {
        Some("other users may read it; set its mode to 0600")
    } else {
        None
    };
    if let Some(problem) = problem {
        // Once: it is read again for each login.
        WARNED.call_once(|| tracing::warn!("the password file is ignored, because {problem}"));
        return None;
    }
    fs::read_to_string(file).ok()
}

fn find(text: &str, login: &Login) -> Option<String> {
    let Login { host, port, dbname, user } = login;
    let wanted = [host, &port.to_string(), dbname, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let mut fields = fields(line);
        let fits = wanted.iter().all(|wanted| fields.next().is_some_and(|field| field == "*" || field == **wanted));
        fits.then(|| fields.next()).flatten()
    })
}

/// Splits a line at its colons. A backslash escapes a colon or a backslash.
fn fields(line: &str) -> impl Iterator<Item = String> {
    let mut fields = vec![String::new()];
    let mut chars = line.trim_end_matches('\r').chars();
    while let Some(c) = chars.next() {
        match c {
            ':' => fields.push(String::new()),
            c => {
                let c = if c == '\\' { chars.next() } else { Some(c) };
                if let Some(field) = fields.last_mut() {
                    field.extend(c);
                }
            }
        }
    }
    fields.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_counts() {
        let login = Login { host: "::1".into(), port: 5432, dbname: "d".into(), user: "u".into() };
        for (text, expected) in [
            ("*:*:*:*:p", Some("p")),
            ("#*:*:*:*:p\n\\:\\:1:5432:d:u:q\\:\\\\\r\n*:*:*:*:p", Some("q:\\")),
            // The last line of a file from Windows.
            ("*:*:*:*:p\r", Some("p")),
            ("*:5433:*:*:p\n*:*:e:*:p\n*:*:*:v:p\n", None),
            ("*:*:*\n*:*:*:*\n", None),
            ("", None),
        ] {
            assert_eq!(find(text, &login).as_deref(), expected, "{text}");
        }
    }
}
