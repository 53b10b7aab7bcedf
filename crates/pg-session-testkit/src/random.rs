use std::fmt::Write;
use std::fs::File;
use std::io::{self, Read};

/// Returns 32 hexadecimal digits from the operating system's random number generator.
///
/// # Errors
///
/// Returns an error if `/dev/urandom` cannot be read.
pub fn random_token() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().fold(String::new(), |mut token, byte| {
        // Writing to a String cannot fail.
        let _ = write!(token, "{byte:02x}");
        token
    }))
}
