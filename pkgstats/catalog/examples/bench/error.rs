/// Why the bench failed.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
