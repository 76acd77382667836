//! What is written down of a run.

use crate::gan::{ConfigError, config::check::check_count};
use serde::{Deserialize, Serialize};

/// What is written down of a run as it goes, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecordConfig {
    /// Steps between two rows of metrics.
    #[serde(default = "hundred")]
    pub log_every: u64,
    /// Steps between two checkpoints; an epoch, if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint_every: Option<u64>,
    /// How many checkpoints are kept, the last ones; if it is left out, two while the run trains, and one when it has come
    /// to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_checkpoints: Option<u64>,
    /// Epochs between two evaluations on as many digits as there are test digits; 0 for none. If it is left out, a thousand
    /// digits are evaluated now and then, as seldom as takes no time worth a word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluate_every: Option<u64>,
    /// Whether events are written for TensorBoard.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tensorboard: bool,
}

pub(super) fn is_false(flag: &bool) -> bool {
    !flag
}

impl Default for RecordConfig {
    fn default() -> Self {
        Self {
            log_every: hundred(),
            checkpoint_every: None,
            keep_checkpoints: None,
            evaluate_every: None,
            tensorboard: false,
        }
    }
}

fn hundred() -> u64 {
    100
}

impl RecordConfig {
    /// Checks every number against its range.
    pub(in crate::gan) fn validate(&self) -> Result<(), ConfigError> {
        let RecordConfig { log_every, checkpoint_every, keep_checkpoints, evaluate_every, .. } = self;
        check_count("record.log_every", *log_every)?;
        check_count("record.checkpoint_every", checkpoint_every.unwrap_or(1))?;
        check_count("record.keep_checkpoints", keep_checkpoints.unwrap_or(1))?;
        check_count(
            "record.evaluate_every",
            match evaluate_every {
                Some(0) | None => 1,
                Some(every) => *every,
            },
        )
    }
}
