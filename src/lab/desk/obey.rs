//! What the engine does as it is told.

use super::{Demand, Desk, Game, Goal, Look};
use crate::gan::{Config, Session};
use crate::lab::clinic::Clinic;
use crate::lab::command::Command;
use crate::lab::export;
use crate::lab::moment::Moment;
use crate::lab::plane;
use crate::lab::refusal::Refusal;
use crate::lab::rewind::Twin;

impl Desk {
    /// Takes a command; gives whether the engine leaves its place for it.
    pub(super) fn obey(&mut self, command: Command, look: Look<'_>) -> Result<bool, Refusal> {
        let between = || match look {
            Look::Session(session) => Ok(session),
            _ => Err(Refusal::not_now("that is done when the step is complete")),
        };
        match command {
            Command::Play {} => self.go(Goal::Play, look),
            Command::Step {} => self.go(Goal::Step, look),
            Command::Turn {} => self.go(Goal::Turn, look),
            Command::Phase {} => self.go(Goal::Phase, look),
            Command::Operation {} => self.go(Goal::Operation, look),
            Command::Pause {} => Ok(self.pause()),
            Command::Speed { steps_per_second } => {
                self.speed = steps_per_second;
                Ok(false)
            }
            Command::Back { step } => self.go_to(step, 0, look),
            Command::To { step, event } => self.go_to(step, event, look),
            Command::Restart { seed } => self.restart(seed),
            Command::Cause { card } => self.cause(&card),
            Command::Mend { remedy } => self.mend(&remedy),
            Command::Name { card } => self.name(card.as_deref(), look),
            Command::Plane(settings) => self.play_points(settings),
            Command::Leave {} => self.demand(Demand::Leave),
            Command::Fork {} => Ok(self.fork(between()?, look)),
            Command::Join {} => Ok(self.join(look)),
            Command::Save {} => self.save(between()?, look),
            Command::Set { key, value } => self.set(&key, value, matches!(look, Look::Session(_))),
            Command::Skip { player } => between().and_then(|_| self.can_go_on(look)).and_then(|()| self.skip(player)),
            Command::Mute { network, layer, unit } => self.mute(between()?, network, layer, unit),
            Command::Nudge { parameter, element, by } => self.nudge(between()?, &parameter, element, by),
            Command::Teach { pixels, label } => self.teach(between()?, &pixels, label),
            Command::Forget {} => between().and_then(|_| self.forget()),
        }
    }

    fn go(&mut self, goal: Goal, look: Look<'_>) -> Result<bool, Refusal> {
        self.can_go_on(look)?;
        self.goal = goal;
        Ok(true)
    }

    fn pause(&mut self) -> bool {
        let was_playing = self.goal == Goal::Play;
        self.goal = Goal::Step;
        was_playing
    }

    /// Refuses where there is no next step.
    fn can_go_on(&self, look: Look<'_>) -> Result<(), Refusal> {
        if self.trouble.is_some() {
            return Err(Refusal::not_now("the run cannot go on from here; go back, or begin again"));
        }
        let is_last = |session: &Session| self.step >= session.total_steps();
        if matches!(look, Look::Session(session) if is_last(session)) {
            return Err(Refusal::not_now("the run is complete; go back, or begin again"));
        }
        Ok(())
    }

    fn go_to(&mut self, step: u64, event: u64, look: Look<'_>) -> Result<bool, Refusal> {
        if step > self.newest {
            return Err(Refusal::bad(format!("the run has come to step {}, not to {step}", self.newest)));
        }
        if step < self.oldest() {
            return Err(Refusal::bad(format!("the lab began at step {}, which is after {step}", self.oldest())));
        }
        if event == 0 || step != self.step || event <= self.event {
            return self.demand(Demand::Back(step, event));
        }
        self.go(Goal::Moment(step, event), look)
    }

    fn restart(&mut self, seed: Option<u64>) -> Result<bool, Refusal> {
        let config = self.edits.base().clone();
        let seed = seed.unwrap_or(config.seed);
        let game = Game { config: Config { seed, ..config }, beside: None, playing: false, ..self.game.clone() };
        self.demand(Demand::Begin(Box::new(game)))
    }

    fn clinic(&self) -> Result<&Clinic, Refusal> {
        self.game.clinic.as_ref().ok_or_else(|| Refusal::not_now("no card is played"))
    }

    fn cause(&mut self, card: &str) -> Result<bool, Refusal> {
        let (clinic, config) = Clinic::of(card)?;
        self.treat(clinic, config, None)
    }

    /// The mended game, and beside it the one with the fault.
    fn mend(&mut self, remedy: &str) -> Result<bool, Refusal> {
        let clinic = self.clinic()?;
        let (mended, config) = clinic.mended(remedy)?;
        let sick = clinic.config();
        self.treat(mended, config, Some(sick))
    }

    fn name(&mut self, card: Option<&str>, look: Look<'_>) -> Result<bool, Refusal> {
        self.game.clinic = Some(self.clinic()?.named(card)?);
        self.publish_again(look);
        Ok(false)
    }

    fn treat(&mut self, clinic: Clinic, config: Config, beside: Option<Config>) -> Result<bool, Refusal> {
        let (name, digits) = (clinic.name().to_owned(), self.own.digits.clone());
        let game = Game { name, config, digits, clinic: Some(clinic), plane: None, beside, playing: true };
        self.demand(Demand::Begin(Box::new(game)))
    }

    fn play_points(&mut self, settings: plane::Settings) -> Result<bool, Refusal> {
        let (config, digits) = settings.game()?;
        let (name, plane) = ("plane".to_owned(), Some(settings));
        let game = Game { name, config, digits, clinic: None, plane, beside: None, playing: true };
        self.demand(Demand::Begin(Box::new(game)))
    }

    fn fork(&mut self, session: &Session, look: Look<'_>) -> bool {
        self.twin = Some(Twin::new(session.snapshot(), &self.edits, self.story.clone()));
        self.publish_again(look);
        false
    }

    fn join(&mut self, look: Look<'_>) -> bool {
        self.twin = None;
        self.publish_again(look);
        false
    }

    fn save(&mut self, session: &Session, look: Look<'_>) -> Result<bool, Refusal> {
        self.saved.push(export::save(session, self.story.until(self.step))?);
        self.publish_again(look);
        Ok(false)
    }

    /// Where it stands between two steps, there is something else to be seen now.
    fn publish_again(&mut self, look: Look<'_>) {
        if matches!(look, Look::Session(_)) && self.goal != Goal::Play {
            self.publish(&Moment::Step, look);
        }
    }

    pub(super) fn demand(&mut self, demand: Demand) -> Result<bool, Refusal> {
        self.demand = Some(demand);
        Ok(true)
    }
}
