//! The engine at its desk: what a session tells, and where that makes it stop.

use super::desk::{Desk, Goal, Look};
use super::gate::held;
use super::moment::{Moment, Place};
use crate::autodiff::{Part, Phase, View, Watch};
use crate::gan::{Diagnosis, EpochEnd, Observer, ObserverError, Session, StepEnd, Warning};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard};

/// The desk as a watcher and an observer of the session that runs.
#[derive(Clone)]
pub struct AtDesk(Arc<Mutex<Desk>>);

impl From<Desk> for AtDesk {
    fn from(desk: Desk) -> Self {
        Self(Arc::new(Mutex::new(desk)))
    }
}

impl AtDesk {
    /// The desk, for whoever holds the guard alone.
    pub fn lock(&self) -> MutexGuard<'_, Desk> {
        held(&self.0)
    }

    /// Stops here if that is what the engine was sent for.
    fn event(&self, goals: &[Goal], moment: impl FnOnce(&Desk) -> Moment, look: Look<'_>) {
        let mut desk = self.lock();
        if desk.goes_for(goals) {
            let moment = moment(&desk);
            desk.stand(&moment, look);
        }
    }

    fn edge(&self, part: Part<'_>, edge: &'static str, view: View<'_>) {
        let turn_ends = edge == "ends" && part.phase == Phase::Update;
        let goals: &[Goal] = if turn_ends { &[Goal::Phase, Goal::Turn] } else { &[Goal::Phase] };
        let Place { network, phase } = Place::from(part);
        self.event(goals, |_| Moment::Phase { network, phase, edge }, Look::Tape(view));
    }
}

impl Watch for AtDesk {
    fn begins(&mut self, part: Part<'_>, tape: View<'_>) {
        self.lock().begins(part);
        self.edge(part, "begins", tape);
    }

    fn ends(&mut self, part: Part<'_>, tape: View<'_>) {
        self.edge(part, "ends", tape);
        self.lock().ends(part);
    }

    fn applied(&mut self, tape: View<'_>, node: usize) {
        let moment = |desk: &Desk| {
            let Place { network, phase } = desk.part();
            let seen = tape.node(node);
            let (formula, scope) = (seen.formula(), seen.scope().map(str::to_owned));
            Moment::Operation { network, phase, node, formula, scope }
        };
        self.event(&[Goal::Operation], moment, Look::Tape(tape));
    }

    fn adjoint(&mut self, tape: View<'_>, node: usize) {
        let moment = |desk: &Desk| {
            let Place { network, phase } = desk.part();
            Moment::Adjoint { network, phase, node }
        };
        self.event(&[Goal::Operation], moment, Look::Tape(tape));
    }

    fn moved(&mut self, parameter: &str) {
        let moment = |desk: &Desk| Moment::Update { network: desk.part().network, parameter: parameter.into() };
        self.event(&[Goal::Operation], moment, Look::Nothing);
    }
}

impl Observer for AtDesk {
    fn step_end(&mut self, end: &StepEnd<'_>) -> Result<(), ObserverError> {
        self.lock().note(end);
        Ok(())
    }

    fn epoch_end(&mut self, end: &EpochEnd<'_>) -> Result<(), ObserverError> {
        self.lock().read(end);
        Ok(())
    }

    fn diagnosis(&mut self) -> Option<Diagnosis> {
        self.lock().missing.take()
    }

    fn warning(&mut self, warning: &Warning) -> Result<(), ObserverError> {
        self.lock().warn(warning);
        Ok(())
    }

    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        Ok(self.lock().between_steps(session))
    }
}
