//! What is written down of a run.

use super::{ConfigError, ranges::check_count};
use serde::{Deserialize, Serialize};

/// What is written down of a run as it goes, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordConfig {
    /// Steps between two rows of metrics.
    #[serde(default = "hundred")]
    pub log_every: u64,
    /// Steps between two checkpoints; an epoch, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<u64>,
    /// Epochs between two evaluations; none are made, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// Whether events are written for TensorBoard.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tensorboard: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for RecordConfig {
    fn default() -> Self {
        Self { log_every: hundred(), checkpoint_every: None, evaluate_every: None, tensorboard: false }
    }
}

fn hundred() -> u64 {
    100
}

impl RecordConfig {
    /// Checks every number against its range.
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let RecordConfig { log_every, checkpoint_every, evaluate_every, .. } = self;
        check_count("record.log_every (--log-every)", *log_every)?;
        check_count("record.checkpoint_every (--checkpoint-every)", checkpoint_every.unwrap_or(1))?;
        check_count("record.evaluate_every (--evaluate-every)", evaluate_every.unwrap_or(1))
    }
}
