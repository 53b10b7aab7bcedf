//! Passwords are hashed with argon2id, beside the async workers.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

/// How many hashes are computed at a time: each takes 19 MiB and tens of milliseconds of a processor.
static PLACES: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(2));

/// Compared with in place of the hash of an account that does not exist, so that both take as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| hash_now("nobody has this password").ok());

/// A password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the password cannot be hashed")]
    Hash(argon2::password_hash::Error),
    #[error("the computation has ended early")]
    Ended(#[from] JoinError),
}

/// Computes what is computed only once, so that the first visitor of an account that does not exist waits no longer than others.
pub(crate) async fn prepare() -> Result<(), Error> {
    Ok(spawn_blocking(|| drop(NOBODY.clone())).await?)
}

/// Hashes a password. Returns the hash in PHC format.
pub(crate) async fn hash(password: String) -> Result<String, Error> {
    let _place = PLACES.acquire().await;
    spawn_blocking(move || hash_now(&password)).await?
}

/// Returns whether the password is that of the account with this hash. Without an account, it never is.
pub(crate) async fn is_right(password: String, hash: Option<String>) -> Result<bool, Error> {
    let _place = PLACES.acquire().await;
    let check = move || {
        let has_account = hash.is_some();
        let hash = hash.or_else(|| NOBODY.clone()).unwrap_or_default();
        let is_equal = PasswordHash::new(&hash)
            .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
        has_account && is_equal
    };
    Ok(spawn_blocking(check).await?)
}

fn hash_now(password: &str) -> Result<String, Error> {
    Ok(Argon2::default().hash_password(password.as_bytes()).map_err(Error::Hash)?.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_an_account_is_right() {
        let hash = hash("correct horse".to_owned()).await.unwrap();
        assert!(hash.starts_with("$argon2id$") && !hash.contains("horse"));
        assert!(is_right("correct horse".to_owned(), Some(hash.clone())).await.unwrap());
        assert!(!is_right("wrong horse".to_owned(), Some(hash)).await.unwrap());
        assert!(!is_right("nobody has this password".to_owned(), None).await.unwrap());
    }
}
