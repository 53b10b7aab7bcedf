//! The password file of libpq, `~/.pgpass`.

use std::fs;
use std::path::{Path, PathBuf};

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

/// As in libpq, a file that others may read is not used, and one that does not exist is no error.
fn read(file: &Path) -> Option<String> {
    let metadata = fs::metadata(file).ok()?;
    if !metadata.is_file() {
        tracing::warn!("the password file is ignored, because it is not an ordinary file");
        return None;
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        tracing::warn!("the password file is ignored, because other users may read it; set its mode to 0600");
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
            ("*:5433:*:*:p\n*:*:e:*:p\n*:*:*:v:p\n", None),
            ("*:*:*\n*:*:*:*\n", None),
            ("", None),
        ] {
            assert_eq!(find(text, &login).as_deref(), expected, "{text}");
        }
    }
}
