//! Generative adversarial networks: two players, their objectives, the training step and the
//! loop around it. Floor four; it knows nothing of files, terminals or command lines.
//!
//! Read in this order: [`objective`](Objective) (what each player wants of a logit), [`Rules`] (what
//! the two make of it together), [`Regulariser`] (what keeps the discriminator's slope in check),
//! [`Trainer`] (one step of the game), [`Session`] (the loop), [`Observer`] (who watches it), [`Health`] (what can go wrong).

mod config;
mod draw;
mod game;
mod health;
mod session;
mod step;

pub use config::{
    AdamConfig, Config, ConfigError, Difference, DiscriminatorConfig, GeneratorConfig, MemoryEstimate, Ramp,
    RecordConfig, Schedule, StepCost, TrainingConfig, UpdateRule,
};
pub use draw::{
    Classes, Drawn, LayerView, Nearest, Request, activations, draw, draw_from, draw_in_pieces, draw_requested,
    generator_slopes, input_gradients, interpolate, latent_in_pieces, layer_views, nearest_latent, score, slerp,
    views_of,
};
pub use game::{
    Augment, Augmentation, AuxiliaryClassifier, BuildError, Change, Coin, Game, Judgement, Mistake, Objective, Pairing,
    Players, ReadingScores, Regulariser, Regularisers, Rules, SemiSupervised, ToLogits, blank_discriminator,
    blank_generator, build_discriminator, build_generator, clip_weights, dragan, footprints, judge, play, r1, r2,
    wgan_gp,
};
pub use health::{Clues, Diagnosis, Fault, Health, LabelEvidence, Remedy, Samples, Symptoms, Usual, Warning};
pub use session::{
    Beginning, Ended, EpochEnd, History, Observer, ObserverError, Observers, PREVIEW_COLUMNS, Position, Session,
    Snapshot, StepEnd, TrainError, preview_count, train,
};
pub use step::{
    Average, Clock, Cost, Draws, GradientNorms, Norm, OptimizerSchedule, Scores, StepTime, Trainer, euclidean,
    latent_vectors, one_walk_back,
};
