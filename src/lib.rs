//! Generative adversarial networks on handwritten digits, from the matrix product up, on the CPU.
//!
//! Two networks play a game. The *generator* turns random numbers into images; the
//! *discriminator* tells real images from generated ones. Each learns from the other's success,
//! until the generated images pass (Goodfellow et al. 2014). This crate is everything that takes,
//! one floor on the other:
//!
//! | floor | module | what it knows |
//! |---|---|---|
//! | 1 | [`gemm`] | the matrix product |
//! | 1 | [`parallel`] | threads, long loops |
//! | 1 | [`random`] | one seed, many streams of random numbers |
//! | 1 | [`data`] | MNIST on disk, shuffled batches |
//! | 2 | [`autodiff`] | derivatives of any order, by tape |
//! | 3 | [`nn`] | layers, initial weights, losses, optimizers |
//! | 4 | [`gan`] | the two players, one step of the game, the training loop |
//! | 4 | [`recognizer`] | a network that reads digits |
//! | 5 | [`metrics`] | how good and how varied generated images are |
//! | 5 | [`run`] | what a run leaves on disk |
//! | 6 | [`lab`] | a page in the browser that looks into a running engine |
//! | 7 | [`cli`] | the command line |
//!
//! A file uses its own floor and those below. [`run`] and [`cli`] belong to the feature `cli`, [`lab`] to the feature `lab`; both are on unless they are
//! turned off: `cargo add twoplayer --no-default-features` gives the rest, without what only the program needs. Train a
//! small GAN on a hundred made-up images of four pixels:
//!
//! ```
//! use twoplayer::data::Digits;
//! use twoplayer::gan::{Config, draw, train};
//! use twoplayer::random::Stream;
//!
//! let images: Vec<u8> = (0..100u8).flat_map(|i| [i, 0, 255 - i, 0]).collect();
//! let digits = Digits::new(images, vec![0; 100], 2, 2);
//! let config = Config::from_toml(
//!     r#"
//!     [training]
//!     epochs = 3
//!     batch_size = 10
//!     [generator]
//!     image_shape = [2, 2]
//!     layers = [{ kind = "dense", units = 8, activation = "relu" }, { kind = "dense", units = 4, activation = "tanh" }]
//!     [discriminator]
//!     layers = [{ kind = "dense", units = 8, activation = "leaky-relu" }, { kind = "dense", units = 1 }]
//!     "#,
//!     Some("mlp"),
//! )?;
//! let trainer = train(&config, &digits, &mut ())?;
//! let drawn = draw(trainer.ema_generator(), 5, &mut Stream::Sample.of(0));
//! assert_eq!(drawn.images.len(), 5 * 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic on a full disk; see cli::say")]

pub mod autodiff;
#[cfg(feature = "cli")]
pub mod cli;
pub mod data;
pub mod gan;
pub mod gemm;
#[cfg(feature = "lab")]
pub mod lab;
pub mod metrics;
pub mod nn;
pub mod parallel;
pub mod random;
pub mod recognizer;
#[cfg(feature = "cli")]
pub mod run;
