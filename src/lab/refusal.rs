//! Answers, and why there may be none.

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The status of HTTP that says the like.
    pub status: u16,
    /// In one line.
    pub message: String,
}

impl Refusal {
    /// What cannot be done as it was asked.
    pub fn bad(message: impl Into<String>) -> Self {
        Self { status: 400, message: message.into() }
    }

    /// What cannot be done now.
    pub fn not_now(message: impl Into<String>) -> Self {
        Self { status: 409, message: message.into() }
    }
}

/// JSON, or why there is none.
pub type Answer = Result<Vec<u8>, Refusal>;
