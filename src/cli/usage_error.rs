//! Mistakes in the call.

/// A mistake in how the program was called, as against something that went wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct UsageError(pub String);
