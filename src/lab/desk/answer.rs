//! What the engine answers, between two operations.

use super::{Desk, Look};
use crate::gan::{Session, UpdateRule};
use crate::lab::mailbox::Question;
use crate::lab::moves::{Moves, When, moves};
use crate::lab::refusal::{Answer, Refusal};
use crate::lab::rewind::rewound;
use crate::lab::story::Story;
use crate::lab::turns::turns;
use crate::lab::{clinic, dirac, easel, export, layers, look};
use crate::run::pretrained_recognizer;

impl Desk {
    /// What is answered, from where the engine stands.
    pub(super) fn answer(&self, question: &Question, look: Look<'_>) -> Answer {
        match (question, look) {
            (Question::Tape, look) => {
                let nodes = if let Look::Tape(view) = look { look::tape(view) } else { Vec::new() };
                let place = self.parts.last();
                look::json(&serde_json::json!({
                    "network": place.map(|place| &place.network),
                    "phase": place.map(|place| place.phase),
                    "nodes": nodes,
                }))
            }
            (&Question::Node { index, adjoint, side }, Look::Tape(view)) => look::node(view, index, adjoint, side),
            (&Question::Number { index, element }, Look::Tape(view)) => {
                look::number(view, index, element, |name, gradient| self.moves(name, element, gradient))
            }
            (&Question::Nudge { index, element, by }, Look::Tape(view)) => look::nudge(view, index, element, by),
            (Question::Node { .. } | Question::Number { .. } | Question::Nudge { .. }, _) => {
                Err(Refusal::not_now("between two steps nothing lies on the tape; go into the next step"))
            }
            (Question::Turn, Look::Session(session)) => self.last_turns(session),
            (&Question::Layers(player), Look::Session(session)) => {
                let shown = self.shown.as_ref().ok_or_else(|| Refusal::not_now("nothing has been drawn yet"))?;
                layers::layers(session, player, &shown.faces)
            }
            (Question::Nearest(picture), Look::Session(session)) => easel::nearest(picture, session),
            (Question::Dirac(settings), _) => dirac::played(settings),
            (Question::Layers(_) | Question::Nearest(_), _) => {
                Err(Refusal::not_now("that is looked at when the step is complete"))
            }
            (Question::Arrays, Look::Session(session)) => export::arrays(session),
            (Question::Array { name }, Look::Session(session)) => export::array(session, name),
            (Question::Arrays | Question::Array { .. }, _) => {
                Err(Refusal::not_now("arrays are given when the step is complete"))
            }
            (Question::Judge(picture), look) => {
                let standing =
                    if let Look::Session(session) = look { Some(session.trainer().discriminator()) } else { None };
                let discriminator = standing.or(self.judge.as_ref());
                let discriminator = discriminator.ok_or_else(|| Refusal::not_now("nobody can judge yet"))?;
                let config = self.edits.config(self.step);
                let range = config.pixel_range().map_err(|error| Refusal::bad(error.to_string()))?;
                easel::judge(
                    picture,
                    discriminator,
                    range,
                    config.image_shape(),
                    self.recognizer.get_or_init(pretrained_recognizer),
                )
            }
            (&Question::Real { index }, Look::Session(session)) => easel::real(session.digits(), index),
            (Question::Real { .. }, _) => Err(Refusal::not_now("real digits are shown when the step is complete")),
            (Question::Cards, _) => clinic::cards(),
            (Question::Trained, _) => easel::trained(),
            (Question::Config, _) => Ok(self.edits.at(self.step).config.to_toml().into_bytes()),
            (Question::Turn, _) => Err(Refusal::not_now("the turns are compared when the step is complete")),
        }
    }

    /// What becomes of a weight in the turn that is made.
    fn moves(&self, name: &str, element: usize, gradient: f32) -> Option<Moves> {
        let (before, _) = self.before.as_ref().filter(|(before, _)| before.step() == self.step)?;
        let config = self.edits.config(self.step);
        let is_generator = name.starts_with("generator.");
        // Where one walk back serves both, the discriminator's adjoints are not of its loss.
        if config.training.update == UpdateRule::Simultaneous && !is_generator {
            return None;
        }
        let turns = if is_generator { 0 } else { self.turns_taken };
        let when = When { step: self.step, of: self.shown.as_ref()?.run.total_steps, turns };
        moves(before, config, &when, name, element, gradient)
    }

    /// The last step's turns, from the session before it: kept, or made again.
    fn last_turns(&self, session: &Session) -> Answer {
        let Some(shown) = self.shown.as_ref().filter(|_| self.step > 0) else { return Ok(b"null".to_vec()) };
        let target = self.step - 1;
        let digits = &self.game.digits;
        let kept = self.before.as_ref().filter(|(before, _)| before.step() == target);
        let before = match kept {
            Some((before, made)) => self.edits.session(before, *made, digits),
            None => {
                let from = self.history.before(target);
                let from = from.ok_or_else(|| Refusal::not_now("the step before is not kept any more"))?;
                rewound(from, &self.edits, target, digits, &mut Story::default())
            }
        };
        let before = before.map_err(|error| Refusal::not_now(error.to_string()))?;
        turns(&before, session, &shown.faces)
    }
}
