//! Generative adversarial networks: two players, their objectives, the training step and the
//! loop around it. Floor four; it knows nothing of files, terminals or command lines.
//!
//! Read in this order: [`objective`](Objective) (what each player wants of a logit), [`Rules`] (what
//! the two make of it together), [`Regulariser`] (what keeps the discriminator's slope in check),
//! [`Trainer`] (one step of the game), [`Session`] (the loop), [`Observer`] (who watches it), [`Health`] (what can go wrong).

mod average;
mod classifier;
mod clipping;
mod colour;
mod config;
mod config_error;
mod cost;
mod difference;
mod draw;
mod game;
mod health;
mod in_use;
mod insight;
mod interpolate;
mod memory;
mod objective;
mod observer;
mod pair;
mod penalty;
mod players;
mod ranges;
mod record;
mod regulariser;
mod rules;
mod schedule;
mod score;
mod session;
mod state;
mod step;
mod train;
mod usual;

pub use crate::random::Stream;
pub use average::Average;
pub use classifier::AuxiliaryClassifier;
pub use clipping::clip_weights;
pub use config::{AdamConfig, Config, Discriminator, Generator, Training, UpdateRule};
pub use config_error::ConfigError;
pub use cost::StepCost;
pub use difference::Difference;
pub use draw::{Classes, Drawn, Request, draw, draw_from, draw_in_pieces, draw_requested, latent_in_pieces};
pub use game::{Game, Verdict, judge, play};
pub use health::{Clues, Diagnosis, Health, LabelEvidence, Remedy, Samples, Warning, Watch};
pub use insight::{LayerView, input_gradients, layer_views};
pub use interpolate::{interpolate, slerp};
pub use memory::MemoryEstimate;
pub use objective::Objective;
pub use observer::{Beginning, EpochEnd, Observer, ObserverError, Observers, StepEnd};
pub use pair::Players;
pub use penalty::{ToLogits, dragan, r1, r2, wgan_gp};
pub use players::{BuildError, blank_discriminator, blank_generator, build_discriminator, build_generator};
pub use record::RecordConfig;
pub use regulariser::{Regulariser, Regularisers};
pub use rules::{Coin, Pairing, Rules};
pub use schedule::{Course, Schedule};
pub use score::score;
pub use session::{Ended, PREVIEW_COLUMNS, Position, Session, preview_count};
pub use state::Draws;
pub use step::{Clock, Cost, GradientNorms, Norm, Phases, Scores, Trainer, latent_vectors, one_walk_back};
pub use train::{TrainError, train};
pub use usual::Usual;
