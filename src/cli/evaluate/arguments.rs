//! What `twoplayer evaluate` is asked.

use crate::cli::given::output;
use crate::cli::threads::threads;
use clap::Args;
use std::path::PathBuf;

/// Measure how good a run's digits are, how varied, and whether they are more than a memory.
///
/// 10,000 of them are compared with the 10,000 real test digits, which the run has never seen, in the
/// features of a recognizer; and so are, for the floor of every figure, as many real training digits.
/// A Fréchet distance in these features says which of two runs is better; it is not comparable with one
/// in Inception's. (For that, `sample RUN --count 10000 -o digits/` gives a folder of PNG files.)
/// Of a run on stacked digits it counts the modes among 25,600 images.
#[derive(Args, Default)]
#[command(after_help = "Examples:\n  twoplayer evaluate runs/best\n  \
                        twoplayer evaluate runs/best --cas --pictures looked-at\n  \
                        twoplayer evaluate --samples generated.idx.gz --labels labels.idx.gz --json")]
pub struct Arguments {
    /// The run's directory, as `twoplayer train` made it [default: the trained generator that comes with the
    /// program, unless there are --samples]
    #[arg(value_name = "RUN")]
    pub(super) run: Option<PathBuf>,

    /// Evaluate these images, an IDX file [count, 28, 28], in place of newly drawn ones
    #[arg(long, value_name = "FILE.idx")]
    pub(super) samples: Option<PathBuf>,

    /// What those images were asked to show, an IDX file [count]
    #[arg(long, value_name = "FILE.idx", requires = "samples")]
    pub(super) labels: Option<PathBuf>,

    /// How many digits to draw [default: 10000; of stacked digits, 25600]
    #[arg(long, value_name = "N", conflicts_with = "samples", value_parser = clap::value_parser!(u32).range(10..=1_000_000))]
    pub(super) count: Option<u32>,

    /// Decides which digits are drawn
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,

    /// Also the classification accuracy score: how well a recognizer reads real digits that has learned
    /// from generated ones alone (takes some minutes)
    #[arg(long)]
    pub(super) cas: bool,

    /// Print one JSON object instead of a table
    #[arg(long)]
    pub(super) json: bool,

    /// Also draw, into this directory: digits beside the training digits nearest to them, the ones read
    /// with the most and the least confidence, and a map of real and generated digits
    #[arg(long, value_name = "DIR", value_parser = output())]
    pub(super) pictures: Option<PathBuf>,

    /// The recognizer whose features are compared, as `twoplayer recognizer train` made it [default: the
    /// one that comes with the program]
    #[arg(long, value_name = "DIR")]
    pub(super) recognizer: Option<PathBuf>,

    /// The directory with the four MNIST files [default: $TWOPLAYER_DATA, then data/mnist here, then
    /// data/mnist of the source tree]
    #[arg(long, value_name = "DIR")]
    pub(super) data: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    pub(super) threads: usize,
}
