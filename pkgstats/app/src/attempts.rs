//! Limits of attempts to sign in and to sign up, by name and by address.

use std::time::Duration;

use pkgstats_catalog::Error;
use pkgstats_catalog::users::{AttemptLimit, Users};
use sha2::{Digest, Sha256};

use crate::client_address::ClientAddress;

/// Ten passwords for a name, then one each minute: 1,440 a day, far too few to guess one of 10 characters.
const BY_NAME: AttemptLimit = AttemptLimit { burst: 10, every: Duration::from_secs(60) };

/// Thirty from an address, which an office may share, then one in ten seconds.
const BY_ADDRESS: AttemptLimit = AttemptLimit { burst: 30, every: Duration::from_secs(10) };

/// An attempt that was taken, and is given back if it succeeds.
pub(crate) struct Attempt {
    address: [u8; 32],
    name: [u8; 32],
}

/// No attempt is left.
#[derive(Debug, Eq, PartialEq)]
pub(crate) struct TooMany {
    /// When there is one again, in seconds.
    pub(crate) seconds: u64,
}

impl Attempt {
    /// Takes an attempt before the password is checked, so that attempts at once do not share one. Takes it whether or not there is
    /// an account of this name.
    pub(crate) async fn take(
        users: &Users,
        address: &ClientAddress,
        name: &str,
    ) -> Result<Result<Self, TooMany>, Error> {
        let attempt = Self { address: address_key(address), name: key("name", name) };
        for (key, limit) in [(&attempt.address, BY_ADDRESS), (&attempt.name, BY_NAME)] {
            if let Some(wait) = users.take_attempt(key, limit).await? {
                return Ok(Err(TooMany::after(wait)));
            }
        }
        Ok(Ok(attempt))
    }

    /// Gives the attempt back, and those of the name: its owner is there.
    pub(crate) async fn succeed(self, users: &Users) -> Result<(), Error> {
        users.forget_attempts(&self.name).await?;
        users.give_attempt_back(&self.address, BY_ADDRESS).await
    }
}

/// Takes an attempt to create an account, which is never given back. Returns whether none is left.
pub(crate) async fn take_for_account(users: &Users, address: &ClientAddress) -> Result<Option<TooMany>, Error> {
    Ok(users.take_attempt(&address_key(address), BY_ADDRESS).await?.map(TooMany::after))
}

/// Clients whose address is not known share one.
fn address_key(address: &ClientAddress) -> [u8; 32] {
    key("address", &address.0.map_or_else(String::new, |address| address.to_string()))
}

fn key(kind: &str, value: &str) -> [u8; 32] {
    Sha256::new().chain_update(kind).chain_update([0]).chain_update(value).finalize().into()
}

impl TooMany {
    fn after(wait: Duration) -> Self {
        Self { seconds: wait.as_secs() + 1 }
    }

    /// Returns the sentence for the visitor.
    pub(crate) fn sentence(&self) -> String {
        let (count, unit) =
            if self.seconds < 60 { (self.seconds, "second") } else { (self.seconds.div_ceil(60), "minute") };
        let plural = if count == 1 { "" } else { "s" };
        format!("There were too many attempts. Try again in {count} {unit}{plural}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_says_how_long_to_wait() {
        for (seconds, wait) in [(1, "1 second."), (59, "59 seconds."), (60, "1 minute."), (61, "2 minutes.")] {
            assert!(TooMany { seconds }.sentence().ends_with(&format!("in {wait}")), "{seconds}");
        }
    }

    #[test]
    fn a_name_is_no_address() {
        assert_ne!(key("name", "x"), key("address", "x"));
        assert_ne!(key("name", "x"), key("name", "y"));
    }
}
