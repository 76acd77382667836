//! The engine's thread: sessions, one after another, each as far as somebody wants to go.

use super::at_desk::AtDesk;
use super::desk::{Demand, Desk, Game};
use super::mailbox::Mailbox;
use crate::autodiff::Watcher;
use crate::data::Digits;
use crate::gan::{Config, Ended, Session, Snapshot, TrainError};
use std::mem;
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
    /// Trains until the mailbox is closed, and gives the directories of the runs that were saved. To be called on the
    /// threads that are to compute.
    ///
    /// # Errors
    /// When the configuration cannot be run on these images.
    pub fn run(self, digits: &Digits, mailbox: &Arc<Mailbox>) -> Result<Vec<String>, TrainError> {
        let _end = CloseAtEnd(Arc::clone(mailbox));
        let game = Game {
            name: self.name,
            config: self.config,
            digits: digits.clone(),
            clinic: None,
            plane: None,
            beside: None,
            playing: self.playing,
        };
        let from = self.from;
        let begin = |game: &Game| match &from {
            Some(snapshot) => snapshot.session(&game.config, digits),
            None => Session::new(&game.config, digits),
        };
        let mut session = begin(&game)?;
        let mut desk = AtDesk::from(Desk::new(Arc::clone(mailbox), game.clone()));
        desk.lock().begin(game);
        let watcher = Watcher::new(desk.clone());
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
                Demand::Quit => return Ok(mem::take(&mut held.saved)),
                Demand::Rebuild => session = held.rebuilt(&session)?,
                Demand::Back(step, event) => session = held.session_for(step, event)?,
                Demand::Leave => {
                    let own = held.own();
                    session = begin(&own)?;
                    held.begin(own);
                }
                Demand::Begin(game) => match Session::new(&game.config, &game.digits) {
                    Ok(new) => {
                        session = new;
                        held.begin(*game);
                    }
                    // The data may be of another form.
                    Err(error) => held.note_trouble(&error.to_string()),
                },
            }
        }
    }
}

/// Whoever waits for the engine when it has gone is told so.
struct CloseAtEnd(Arc<Mailbox>);

impl Drop for CloseAtEnd {
    fn drop(&mut self) {
        self.0.close();
    }
}
