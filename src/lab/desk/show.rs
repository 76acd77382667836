//! What the page is shown of where the engine stands.

use super::{Desk, Goal, Look};
use crate::gan::{Config, Session, UpdateRule};
use crate::lab::clinic::Clinic;
use crate::lab::faces::Faces;
use crate::lab::field::Field;
use crate::lab::frame::{At, Beside, CoinLosses, Frame, Own, Run, Scene, Seen};
use crate::lab::moment::Moment;
use crate::lab::words::says;

impl Desk {
    /// Looks at the players, to be shown until the next step is complete.
    pub(super) fn see(&mut self, session: &Session) {
        let shown = self.shown.take();
        let faces = shown.map_or_else(|| Faces::of(session), |shown| shown.faces);
        self.shown = Some(Seen {
            run: Run::of(session, &self.game.name, !self.edits.is_empty()),
            coin: session.config().training.rules().of_a_coin(),
            scene: Scene::of(session, &faces),
            own: Own::of(session, &self.edits.at(self.step).own),
            beside: self.beside(),
            field: Field::of(session, &faces, self.game.plane.as_ref()),
            faces,
        });
    }

    /// Lets the page see where the engine stands.
    pub(super) fn publish(&mut self, moment: &Moment, look: Look<'_>) {
        if let Look::Session(session) = look {
            self.see(session);
        }
        let Some(shown) = &self.shown else { return };
        let scores = self.story.at(self.step);
        let config = self.edits.config(self.step);
        let trouble = self.trouble.clone();
        let says = trouble.unwrap_or_else(|| says(config.training.objective, shown.coin.as_ref(), scores.as_ref()));
        let turn = (*moment != Moment::Step).then(|| self.whose_turn(config));
        let hides = self.game.clinic.as_ref().is_some_and(Clinic::hides);
        self.mailbox.publish(|number| {
            let frame = Frame {
                number,
                run: &shown.run,
                at: At {
                    step: self.step,
                    event: self.event,
                    epoch: self.epoch,
                    playing: self.goal == Goal::Play,
                    speed: self.speed,
                    moment: moment.clone(),
                    turn,
                    oldest: self.oldest(),
                    newest: self.newest,
                },
                scores: scores.map(Into::into),
                coin: shown
                    .coin
                    .as_ref()
                    .map(|coin| CoinLosses { d_loss: coin.losses.discriminator, g_loss: coin.losses.generator }),
                curve: self.story.curve(self.step),
                scene: &shown.scene,
                says,
                warnings: if hides { Vec::new() } else { self.story.warnings(self.step) },
                edits: self.edits.told(self.step),
                saved: self.saved.last().map(String::as_str),
                own: shown.own.as_ref(),
                fork: shown.beside.as_ref(),
                plane: shown.field.as_ref(),
                clinic: self.game.clinic.as_ref().map(Clinic::shown),
            };
            serde_json::to_vec(&frame).expect("plain values")
        });
    }

    /// The game beside, brought to the step at hand; before it was forked there is none.
    fn beside(&mut self) -> Option<Beside> {
        self.twin.take_if(|twin| twin.since > self.step);
        let twin = self.twin.as_mut()?;
        let reached = twin.at(self.step, &self.game.digits);
        let changes = self.edits.since(twin.made, self.step).into_iter().map(str::to_owned).collect();
        Some(Beside::of(reached, twin, self.step, changes))
    }

    fn whose_turn(&self, config: &Config) -> &'static str {
        match config.training.update {
            UpdateRule::Simultaneous => "both",
            UpdateRule::Alternating if self.turns_taken < config.training.critic_steps => "discriminator",
            UpdateRule::Alternating => "generator",
        }
    }
}
