//! What is changed in the run that is played: its configuration, its weights, its data.

use super::{Demand, Desk, Goal};
use crate::gan::{Session, score};
use crate::lab::command::Player;
use crate::lab::easel::bytes_of_picture;
use crate::lab::edits::{Edit, Holding, How, OwnDigit, Touch, changed};
use crate::lab::faces::labels_for;
use crate::lab::layers::{elements_of_unit, layers_of};
use crate::lab::refusal::Refusal;
use crate::nn::Parameter;

/// Own digits at a time.
const OWN: usize = 8;
/// The rate of a player that does not move: the least there may be, which is 0 in single precision.
const STILL: f64 = 1e-300;

impl Desk {
    /// Another value for a key of the configuration, from the next step on.
    pub(super) fn set(&mut self, key: &str, value: serde_json::Value, between_steps: bool) -> Result<bool, Refusal> {
        let since = self.step + u64::from(!between_steps);
        let says = format!("{key} = {value}");
        let holding = self.edits.at(since);
        let config = changed(&holding.config, key, value)?;
        let holding = Holding { config, own: holding.own.clone() };
        self.change(since, Edit::to(holding, says))
    }

    /// The next step, without one of the players.
    pub(super) fn skip(&mut self, player: Player) -> Result<bool, Refusal> {
        let holding = self.edits.at(self.step).clone();
        let mut once = holding.config.clone();
        match player {
            Player::Generator => once.generator.adam.learning_rate = STILL,
            Player::Discriminator => once.discriminator.adam.learning_rate = STILL,
        }
        let says = format!("the {} did not move in step {}", player.name(), self.step + 1);
        let leaves = self.change(self.step, Edit { once: Some(once), ..Edit::to(holding, says) })?;
        self.goal = Goal::Moment(self.step + 1, 0);
        Ok(leaves)
    }

    /// A unit's weights become 0, also in the average that images are drawn with.
    pub(super) fn mute(
        &mut self,
        session: &Session,
        player: Player,
        layer: usize,
        unit: usize,
    ) -> Result<bool, Refusal> {
        let name = player.name();
        let layers = layers_of(session.config(), player);
        let spec = layers.get(layer).ok_or_else(|| Refusal::bad(format!("the {name} has {} layers", layers.len())))?;
        let touch = |array: &Parameter| {
            let own = array.name.strip_prefix("average.").unwrap_or(&array.name);
            let parameter = own.strip_prefix(&format!("{name}.{layer}."))?;
            let elements = elements_of_unit(spec, parameter, array.value.shape(), unit)?;
            Some(Touch { array: array.name.clone(), elements, how: How::Clear })
        };
        let touches: Vec<Touch> = session.arrays().iter().filter_map(touch).collect();
        if touches.is_empty() {
            return Err(Refusal::bad(format!("{name}.{layer} has no unit {unit} with weights of its own")));
        }
        self.touch(format!("unit {unit} of {name}.{layer} was muted"), touches)
    }

    /// A weight moves by so much, also in the average that images are drawn with.
    pub(super) fn nudge(
        &mut self,
        session: &Session,
        parameter: &str,
        element: usize,
        by: f32,
    ) -> Result<bool, Refusal> {
        let known = |name: &str| session.arrays().iter().any(|a| *a.name == *name && element < a.value.len());
        let is_weight = parameter.starts_with("generator.") || parameter.starts_with("discriminator.");
        if !is_weight || !known(parameter) {
            return Err(Refusal::bad(format!("there is no element {element} of a parameter {parameter}")));
        }
        let touch = |array: String| Touch { array, elements: vec![element], how: How::Add(by) };
        let touches = [parameter.to_owned(), format!("average.{parameter}")].map(touch);
        self.touch(format!("{parameter}[{element}] moved by {by}"), touches.to_vec())
    }

    fn touch(&mut self, says: String, touches: Vec<Touch>) -> Result<bool, Refusal> {
        let holding = self.edits.at(self.step).clone();
        self.change(self.step, Edit { touches, ..Edit::to(holding, says) })
    }

    /// A picture goes among the real ones.
    pub(super) fn teach(&mut self, session: &Session, pixels: &str, label: u8) -> Result<bool, Refusal> {
        let pixels = bytes_of_picture(pixels, label, session.config().image_shape())?;
        let mut holding = self.edits.at(self.step).clone();
        if holding.own.len() >= OWN {
            return Err(Refusal::not_now(format!("there are {OWN} digits of your own; take them out first")));
        }
        let image = session.pixel_range().numbers(&pixels);
        let was = score(session.trainer().discriminator(), &image, labels_for(session, &[label]))[0];
        holding.own.push(OwnDigit { pixels, label, was });
        let says = format!("a drawn {label} is among the real digits");
        self.change(self.step, Edit::to(holding, says))
    }

    /// All own pictures are taken out.
    pub(super) fn forget(&mut self) -> Result<bool, Refusal> {
        let mut holding = self.edits.at(self.step).clone();
        if holding.own.is_empty() {
            return Err(Refusal::not_now("there are none of your own among the real digits"));
        }
        holding.own.clear();
        let says = "the drawn digits are taken out".into();
        self.change(self.step, Edit::to(holding, says))
    }

    /// What was made of the run after this step is of another run now.
    fn change(&mut self, since: u64, edit: Edit) -> Result<bool, Refusal> {
        let between_steps = since == self.step;
        self.edits.push(since, edit)?;
        self.history.forget_after(since);
        self.story.forget_after(self.step);
        self.newest = self.step;
        if between_steps { self.demand(Demand::Rebuild) } else { Ok(false) }
    }
}
