//! The game: two players, what each wants, and what keeps it going.

pub(in crate::gan) mod augment;
pub(in crate::gan) mod build;
pub(in crate::gan) mod classifier;
pub(in crate::gan) mod clipping;
pub(in crate::gan) mod judge;
pub(in crate::gan) mod mistake;
pub(in crate::gan) mod objective;
pub(in crate::gan) mod penalty;
pub(in crate::gan) mod players;
pub(in crate::gan) mod regulariser;
pub(in crate::gan) mod rules;
pub(in crate::gan) mod semi_supervised;

pub use augment::{Augment, Augmentation, Change};
pub use build::{BuildError, blank_discriminator, blank_generator, build_discriminator, build_generator, footprints};
pub use classifier::AuxiliaryClassifier;
pub use clipping::clip_weights;
pub use judge::{Game, Judgement, judge, play};
pub use mistake::Mistake;
pub use objective::Objective;
pub use penalty::{ToLogits, dragan, r1, r2, wgan_gp};
pub use players::Players;
pub use regulariser::{Regulariser, Regularisers};
pub use rules::{Coin, Pairing, Rules};
pub use semi_supervised::{ReadingScores, SemiSupervised};
