//! Steps that were made before, made again; and the same steps without what was changed.

use super::edits::Edits;
use super::story::Story;
use crate::data::Digits;
use crate::gan::{History, Observer, ObserverError, Session, Snapshot, StepEnd, TrainError, Warning};
use std::ops::ControlFlow;

/// Bytes of another game's snapshots.
const BUDGET: usize = 256 << 20;

/// A session as it stood after so many steps: from a snapshot on, which was taken when a step was complete and nothing
/// changed after it, they are made again, with the same edits. What they tell is noted.
///
/// # Errors
/// When it cannot go on from there.
pub fn rewound(
    from: &Snapshot,
    edits: &Edits,
    steps: u64,
    digits: &Digits,
    story: &mut Story,
) -> Result<Session, TrainError> {
    let mut session = edits.session(from, edits.made_before(from.step()), digits)?;
    while session.step() < steps {
        session.run(&mut OneStep { story })?;
        let made = edits.made_before(session.step());
        if session.step() < steps && edits.are_due(&session, made) {
            session = edits.session(&session.snapshot(), made, digits)?;
        }
    }
    Ok(session)
}

/// Notes what a step tells, and asks for an end after it.
struct OneStep<'s> {
    story: &'s mut Story,
}

impl Observer for OneStep<'_> {
    fn step_end(&mut self, end: &StepEnd<'_>) -> Result<(), ObserverError> {
        self.story.note(end.step, end.scores);
        Ok(())
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.story.warn(self.story.newest(), warning);
        Ok(())
    }

    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        Ok(if session.step() > 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }
}

/// The game beside: as it was when it was forked, it goes on unchanged.
pub struct Twin {
    /// The step from which on there are two.
    pub since: u64,
    /// How many changes the other game had seen by then.
    pub made: usize,
    /// What has been seen of it.
    pub story: Story,
    edits: Edits,
    history: History,
}

impl Twin {
    /// From where a game stands: its changes are made.
    pub fn new(from: Snapshot, edits: &Edits, story: Story) -> Self {
        let since = from.step();
        let mut history = History::new(BUDGET);
        history.keep(from);
        Self { since, made: edits.made_before(since + 1), story, edits: edits.as_of(since), history }
    }

    /// The game beside after so many steps.
    ///
    /// # Errors
    /// When it cannot go so far.
    pub fn at(&mut self, step: u64, digits: &Digits) -> Result<Session, TrainError> {
        let from = self.history.before(step).expect("it is not asked for what was before").clone();
        let session = rewound(&from, &self.edits, step, digits, &mut self.story)?;
        if self.history.steps().last() < Some(session.step()) {
            self.history.keep(session.snapshot());
        }
        Ok(session)
    }
}
