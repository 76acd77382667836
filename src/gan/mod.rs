//! Generative adversarial networks: two players, their objectives, the training step and the
//! loop around it. Floor four; it knows nothing of files, terminals or command lines.
//!
//! Read in this order: [`objective`](Objective) (what each player wants), [`Trainer`] (one step
//! of the game), [`train`] (the loop), [`Health`] (what can go wrong).

mod average;
mod config;
mod draw;
mod health;
mod objective;
mod penalty;
mod phases;
mod players;
mod random;
mod train;
mod trainer;

pub use average::Average;
pub use config::{AdamConfig, Config, ConfigError, Discriminator, Generator, Schedule, Training, UpdateRule};
pub use draw::{Drawn, draw, draw_from, labels_in_turn};
pub use health::{Health, Warning};
pub use objective::Objective;
pub use penalty::GradientPenalty;
pub use phases::{Cost, Phases};
pub use players::{BuildError, blank_discriminator, blank_generator, build_discriminator, build_generator};
pub use random::Stream;
pub use train::{Beginning, EpochEnd, Observer, ObserverError, Observers, PREVIEW_COUNT, StepEnd, TrainError, train};
pub use trainer::{Game, Scores, Trainer, gradients_for_both, latent_vectors, play};
