//! What the page may ask the engine to do.

use super::plane;
use serde::Deserialize;

/// A command, as the page sends it: `{"do": "step"}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Step after step, until somebody pauses.
    Play {},
    /// Stop at the end of the step that is being made.
    Pause {},
    /// To the end of the next step.
    Step {},
    /// To the end of this player's turn.
    Turn {},
    /// To the next phase of a turn, or its end.
    Phase {},
    /// To the next operation, adjoint or moved parameter.
    Operation {},
    /// To a step that was made before: the same numbers, to the bit.
    Back {
        /// How many steps are complete there.
        step: u64,
    },
    /// To a moment within a step.
    To {
        /// How many steps are complete there.
        step: u64,
        /// How many operations, adjoints, parameters that moved, beginnings and ends of phases after that.
        event: u64,
    },
    /// The next step, in which this player does not move.
    Skip {
        /// Which.
        player: Player,
    },
    /// From here on the game as it is goes on beside the one that is played.
    Fork {},
    /// The game beside is put away.
    Join {},
    /// From the beginning.
    Restart {
        /// Another seed; else the same.
        seed: Option<u64>,
    },
    /// No faster than this.
    Speed {
        /// 0: as fast as it goes.
        steps_per_second: f64,
    },
    /// The game with a fault, from its first step.
    Cause {
        /// The fault's name.
        card: String,
    },
    /// The same game with a remedy, from its first step.
    Mend {
        /// The remedy's name.
        remedy: String,
    },
    /// Back to the game that the lab was started with, at its first step.
    Leave {},
    /// What a blind case is taken for.
    Name {
        /// The fault's name; none gives up.
        card: Option<String>,
    },
    /// The game of points in the plane, from its first step.
    Plane(plane::Settings),
    /// A unit's weights become 0.
    Mute {
        /// Whose.
        network: Player,
        /// The layer's place.
        layer: usize,
        /// The unit, or the channel.
        unit: usize,
    },
    /// A weight moves.
    Nudge {
        /// Its array's name.
        parameter: String,
        /// Its place there, in row-major order.
        element: usize,
        /// By so much.
        by: f32,
    },
    /// A picture goes among the real ones.
    Teach {
        /// A byte a pixel, 0 black, in base64.
        pixels: String,
        /// The digit that it shows.
        label: u8,
    },
    /// All such pictures are taken out.
    Forget {},
    /// The run as it stands is written into a new directory of runs.
    Save {},
    /// Another value for a key of the configuration, from the next step on.
    Set {
        /// Such as `discriminator.adam.learning_rate`.
        key: String,
        /// A number, a word or a list.
        value: serde_json::Value,
    },
}

/// One of the two.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Player {
    /// It draws.
    Generator,
    /// It judges.
    Discriminator,
}

impl Player {
    /// As its network is called.
    pub fn name(self) -> &'static str {
        match self {
            Player::Generator => "generator",
            Player::Discriminator => "discriminator",
        }
    }
}

impl Command {
    /// Reads a command.
    ///
    /// # Errors
    /// When it is none of those above, in one line.
    pub fn read(json: &[u8]) -> Result<Self, String> {
        // A name that is none is quoted as it came, with its line breaks.
        let one_line = |error: serde_json::Error| format!("not a command: {error}").replace('\n', " ");
        let command = serde_json::from_slice(json).map_err(one_line)?;
        match command {
            Command::Speed { steps_per_second } if !(0.0..=1e6).contains(&steps_per_second) => {
                Err("steps_per_second must be from 0 to 1000000".into())
            }
            Command::Nudge { by, .. } if !by.is_finite() => Err("by must be a finite number".into()),
            command => Ok(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read() {
        assert_eq!(Command::read(br#"{"do":"play"}"#), Ok(Command::Play {}));
        assert_eq!(Command::read(br#"{"do":"back","step":7}"#), Ok(Command::Back { step: 7 }));
        assert_eq!(Command::read(br#"{"do":"restart"}"#), Ok(Command::Restart { seed: None }));
    }

    #[test]
    fn what_is_no_command_is_refused_in_a_line() {
        let wrong: [&[u8]; 9] = [
            b"",
            b"{}",
            br#"{"do":"explode"}"#,
            b"{\"do\":\"a\\nb\"}",
            br#"{"do":"play","speed":3}"#,
            br#"{"do":"back"}"#,
            br#"{"do":"back","step":-1}"#,
            br#"{"do":"speed","steps_per_second":-1}"#,
            b"\xff\xfe",
        ];
        for json in wrong {
            let said = Command::read(json).unwrap_err();
            assert!(!said.contains('\n') && !said.is_empty(), "{said}");
        }
    }
}
