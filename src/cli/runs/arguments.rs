//! What `twoplayer runs` is asked.

use crate::cli::given::output;
use clap::Args;
use std::path::PathBuf;

/// Where `train` puts runs when it is not told where.
pub(super) const USUAL: &str = "runs";

/// List the runs in a directory, or compare two of them.
///
/// For each run: the configuration, how far it is, the Fréchet distance of its digits now and where it was lowest, its
/// size on disk; and under it, if there is something to say, whether it was stopped and what looked wrong.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer runs\n  twoplayer runs experiments --json\n  \
                        twoplayer runs --diff mlp-2026-01-31-120000 mlp-2026-01-31-130000")]
pub struct Arguments {
    /// Where to look
    #[arg(default_value = USUAL)]
    pub(super) directory: PathBuf,

    /// Print a JSON array instead of a table
    #[arg(long)]
    pub(super) json: bool,

    /// Compare two runs, by their names or directories: the settings and figures that differ, and a page with the curves
    /// of both
    #[arg(long, num_args = 2, value_names = ["RUN", "RUN"])]
    pub(super) diff: Vec<PathBuf>,

    /// Where that page goes [default: RUN-and-RUN.html beside the runs]
    #[arg(long, value_name = "FILE.html", value_parser = output(), requires = "diff")]
    pub(super) page: Option<PathBuf>,
}
