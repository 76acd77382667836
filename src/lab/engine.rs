//! The engine's thread: sessions, one after another, each as far as somebody wants to go.

use super::at_desk::AtDesk;
use super::desk::{Demand, Desk};
use super::mailbox::Mailbox;
use crate::autodiff::Watcher;
use crate::data::Digits;
use crate::gan::{Config, Ended, Session, Snapshot, TrainError};
use std::sync::Arc;

/// What the lab trains.
pub struct Engine {
    /// What a page calls the run.
    pub name: String,
    /// What decides it.
    pub config: Config,
    /// Where it goes on, if not from its first step.
    pub from: Option<Snapshot>,
    /// Whether it plays from the beginning.
    pub playing: bool,
}

impl Engine {
    /// Trains until the mailbox is closed. To be called on the threads that are to compute.
    ///
    /// # Errors
    /// When the configuration cannot be run on these images.
    pub fn run(self, digits: &Digits, mailbox: &Arc<Mailbox>) -> Result<(), TrainError> {
        let _end = CloseAtEnd(Arc::clone(mailbox));
        let begin = || match &self.from {
            Some(snapshot) => snapshot.session(&self.config, digits),
            None => Session::new(&self.config, digits),
        };
        let desk = Desk::new(Arc::clone(mailbox), &self.name, self.config.clone(), self.playing);
        let mut desk = AtDesk::from(desk);
        let watcher = Watcher::new(desk.clone());
        let mut session = begin()?;
        loop {
            session.set_watchers(&[watcher.told()]);
            // A session that begins with step 0 says so itself.
            let stays = session.step() > 0 && desk.lock().between_steps(&session).is_break();
            let ended = if stays { Ok(Ended::AsAsked) } else { session.run(&mut desk) };
            let mut held = desk.lock();
            if let Err(error) = &ended {
                held.note_trouble(&error.to_string());
            }
            while held.demand.is_none() {
                held.stand_between_steps(&session);
            }
            match held.demand.take().expect("one was waited for") {
                Demand::Quit => break,
                Demand::Rebuild => {
                    let config = held.edits.at(session.step()).clone();
                    session = session.snapshot().session(&config, digits)?;
                }
                Demand::Back(step) => {
                    let from = held.history.before(step).expect("the beginning is kept");
                    session = from.session(held.edits.at(from.step()), digits)?;
                    held.turn_to(step);
                }
                Demand::Leave => {
                    session = begin()?;
                    held.begin(self.config.clone(), false);
                }
                Demand::Begin(config, playing) => match Session::new(&config, digits) {
                    Ok(new) => {
                        session = new;
                        held.begin(*config, playing);
                    }
                    // The data may be of another form.
                    Err(error) => held.cannot_begin(&error.to_string()),
                },
            }
        }
        Ok(())
    }
}

/// Whoever waits for the engine when it has gone is told so.
struct CloseAtEnd(Arc<Mailbox>);

impl Drop for CloseAtEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}
