//! The files of certificates and keys. Read again for each connection, so that renewed ones take effect.

use std::path::Path;

use rustls::pki_types::pem::{Error as PemError, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};

use crate::error::{Error, Result};

/// Reads the certificates in the file of this option.
pub(super) fn certificates(file: &Path, option: &str) -> Result<Vec<CertificateDer<'static>>> {
    let parse = |pem: Vec<u8>| CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = content(file).and_then(parse).map_err(|error| unreadable(option, error))?;
    if certificates.is_empty() {
        return Err(unusable(option, "it contains no certificate in PEM form"));
    }
    Ok(certificates)
}

/// Reads the revocation lists in the file of this option.
pub(super) fn revocation_lists(file: &Path, option: &str) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let parse = |pem: Vec<u8>| CertificateRevocationListDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let lists = content(file).and_then(parse).map_err(|error| unreadable(option, error))?;
    if lists.is_empty() {
        return Err(unusable(option, "it contains no revocation list in PEM form"));
    }
    Ok(lists)
}

/// Reads the revocation lists in all files of a folder.
pub(super) fn revocation_lists_in(folder: &Path, option: &str) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let unreadable = |error| unreadable(option, PemError::Io(error));
    let mut lists = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        lists.extend(revocation_lists(&entry.map_err(unreadable)?.path(), option)?);
    }
    Ok(lists)
}

/// Reads the private key in the file of this option.
pub(super) fn private_key(file: &Path, option: &str) -> Result<PrivateKeyDer<'static>> {
    content(file).and_then(|pem| PrivateKeyDer::from_pem_slice(&pem)).map_err(|error| unreadable(option, error))
}

/// Returns the error for an option whose file cannot be used.
pub(super) fn unusable(option: &str, why: &str) -> Error {
    Error::configuration(format!("cannot use the file of `{option}` in the connection string: {why}"))
}

/// Returns the content of the file, or the option itself if that is PEM. libpq takes no PEM there; deployments without
/// files need it.
fn content(file: &Path) -> Result<Vec<u8>, PemError> {
    match file.to_str() {
        Some(text) if text.starts_with("-----BEGIN ") => Ok(text.into()),
        _ => std::fs::read(file).map_err(PemError::Io),
    }
}

/// Leaves out the text of a syntax error: it quotes the file, which may be a key.
fn unreadable(option: &str, error: PemError) -> Error {
    match error {
        PemError::Io(error) => unusable(option, "it cannot be read").caused_by(error),
        PemError::NoItemsFound => unusable(option, "it contains nothing of that kind in PEM form without a passphrase"),
        _ => unusable(option, "it is not a PEM file"),
    }
}
