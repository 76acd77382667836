//! What the engine does as it is told.

use super::{Demand, Desk, Goal};
use crate::gan::Config;
use crate::lab::clinic::Clinic;
use crate::lab::command::Command;
use crate::lab::edits::changed;
use crate::lab::refusal::Refusal;
use std::time::Duration;

impl Desk {
    /// Takes a command; gives whether the engine leaves its place for it.
    pub(super) fn obey(&mut self, command: Command, between_steps: bool) -> Result<bool, Refusal> {
        let goal = match command {
            Command::Play {} => Goal::Play,
            Command::Step {} => Goal::Step,
            Command::Turn {} => Goal::Turn,
            Command::Phase {} => Goal::Phase,
            Command::Operation {} => Goal::Operation,
            Command::Pause {} => {
                let was_playing = self.goal == Goal::Play;
                self.goal = Goal::Step;
                return Ok(was_playing);
            }
            Command::Speed { steps_per_second } => {
                self.rest = if steps_per_second > 0.0 {
                    Duration::from_secs_f64(1.0 / steps_per_second)
                } else {
                    Duration::ZERO
                };
                return Ok(false);
            }
            Command::Back { step } if step > self.newest => {
                return Err(Refusal::bad(format!("the run has come to step {}, not to {step}", self.newest)));
            }
            Command::Back { step } if step < self.oldest() => {
                return Err(Refusal::bad(format!("the lab began at step {}, which is after {step}", self.oldest())));
            }
            Command::Back { step } => return self.demand(Demand::Back(step)),
            Command::Restart { seed } => {
                let config = self.edits.base().clone();
                let seed = seed.unwrap_or(config.seed);
                return self.demand(Demand::Begin(Box::new(Config { seed, ..config }), false));
            }
            Command::Cause { card } => {
                let (clinic, config) = Clinic::of(&card)?;
                return self.treat(clinic, config);
            }
            Command::Mend { remedy } => {
                let clinic = self.clinic.as_ref().ok_or_else(|| Refusal::not_now("no card is played"))?;
                let (clinic, config) = clinic.mended(&remedy)?;
                return self.treat(clinic, config);
            }
            Command::Leave {} => {
                (self.name, self.clinic) = (self.own.clone(), None);
                return self.demand(Demand::Leave);
            }
            Command::Set { key, value } => {
                let since = self.step + u64::from(!between_steps);
                let changed = changed(self.edits.at(since), &key, value)?;
                self.edits.set(since, changed);
                self.history.forget_after(since);
                self.story.forget_after(self.step);
                self.newest = self.step;
                return if between_steps { self.demand(Demand::Rebuild) } else { Ok(false) };
            }
        };
        if self.trouble.is_some() {
            return Err(Refusal::not_now("the run cannot go on from here; go back, or begin again"));
        }
        if between_steps && self.shown.as_ref().is_some_and(|shown| self.step >= shown.run.total_steps) {
            return Err(Refusal::not_now("the run is complete; go back, or begin again"));
        }
        self.goal = goal;
        Ok(true)
    }

    fn treat(&mut self, clinic: Clinic, config: Config) -> Result<bool, Refusal> {
        (self.name, self.clinic) = (clinic.name().into(), Some(clinic));
        self.demand(Demand::Begin(Box::new(config), true))
    }

    fn demand(&mut self, demand: Demand) -> Result<bool, Refusal> {
        self.demand = Some(demand);
        Ok(true)
    }
}
