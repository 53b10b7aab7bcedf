use std::fmt::Display;

/// Returns the value, or panics with the error and a description of the attempt.
pub(super) fn must<T>(attempt: &str, result: Result<T, impl Display>) -> T {
    result.unwrap_or_else(|error| panic!("cannot {attempt}: {error}"))
}
