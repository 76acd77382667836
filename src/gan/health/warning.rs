//! What a person is told.

use super::{Diagnosis, Remedy};
use crate::gan::Config;
use std::fmt::{Display, Formatter, Result};

/// Something a person who watches the run should know: what is wrong, and what has mended such runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// What is wrong, and how that shows.
    pub diagnosis: Diagnosis,
    /// What to try, each by itself; none of it is so already.
    pub remedies: Vec<Remedy>,
}

impl Warning {
    /// The diagnosis of a run by this configuration, with the remedies that are left to it.
    pub fn new(diagnosis: Diagnosis, config: &Config) -> Self {
        Self { remedies: Remedy::of(&diagnosis, config), diagnosis }
    }
}

impl Display for Warning {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}. ", self.diagnosis)?;
        if !self.diagnosis.is_grave() {
            f.write_str("More training may mend it. ")?;
        }
        let remedies: Vec<String> = self.remedies.iter().map(Remedy::to_string).collect();
        match remedies.split_last() {
            None => f.write_str("All that has mended such runs is so already: begin with another preset"),
            Some((only, [])) => write!(f, "What has mended such runs: {only}"),
            Some((last, first)) if self.diagnosis.has_causes() => write!(
                f,
                "What has mended such runs: {}; and {last}. All of it, for one such cause that is left may be enough; or \
                 begin with the preset {}",
                first.join("; "),
                Config::DEFAULT_PRESET
            ),
            Some((last, first)) => {
                write!(f, "What has mended such runs, each by itself: {}; or {last}", first.join("; "))
            }
        }
    }
}
