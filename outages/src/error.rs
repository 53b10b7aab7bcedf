/// Why a run could not be made.
pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;
