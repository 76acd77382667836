//! The command line: one file a command. Floor six.

mod bench;
#[doc(hidden)]
pub mod check;
mod data;
mod diagnostics;
mod digit;
mod evaluate;
mod given;
mod inspect;
mod interpolate;
mod memory;
mod outputs;
mod presets;
mod recognize;
mod recognizer;
mod report;
mod runs;
mod sample;
mod shell;
mod train;

use crate::data::DataError;
use crate::gan::{ConfigError, TrainError};
use crate::gemm::{self, KernelError};
use crate::parallel;
use crate::recognizer::RecognizerError;
use clap::{Parser, Subcommand};
use diagnostics::Diagnostics;
use std::process::ExitCode;

/// Build, train and look into generative adversarial networks on handwritten digits.
///
/// A generator draws digits from random numbers; a discriminator tells drawn digits from real
/// ones; each learns from the other. Everything under it, from the matrix product and the
/// automatic differentiation up, is this program's own code.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "Examples:\n  twoplayer train\n  twoplayer sample runs/mlp-2026-01-31-120000 --count 64 -o digits.png\n\n\
                  Environment:\n  TWOPLAYER_DATA    the directory with the data, where --data is not given\n  \
                  RUST_LOG          what to say of the program's doings, instead of -v (twoplayer=debug, say)\n  TWOPLAYER_KERNEL  the matrix product to use: avx512, avx2 or portable\n                    \
                  [default: the fastest this machine can run]\n\n\
                  `twoplayer COMMAND --help` tells all about a command."
)]
struct Cli {
    #[command(flatten)]
    diagnostics: Diagnostics,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::Arguments),
    Presets(presets::Arguments),
    Runs(runs::Arguments),
    Report(report::Arguments),
    Inspect(inspect::Arguments),
    Sample(sample::Arguments),
    Interpolate(interpolate::Arguments),
    Recognize(recognize::Arguments),
    Recognizer(recognizer::Arguments),
    Evaluate(evaluate::Arguments),
    Data(data::Arguments),
    Bench(bench::Arguments),
    Completions(shell::Completions),
    Man(shell::Man),
}

/// A mistake in how the program was called, as against something that went wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Parses the command line, runs the command, and answers the exit code: 0 when all went well, 2
/// for a mistake in the call, 130 when Ctrl-C ended it, 1 for anything else.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.diagnostics.listen();
    let result = match cli.command {
        Command::Train(arguments) => train::run(&arguments),
        Command::Presets(arguments) => presets::run(&arguments),
        Command::Runs(arguments) => runs::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Sample(arguments) => sample::run(&arguments),
        Command::Interpolate(arguments) => interpolate::run(&arguments),
        Command::Recognize(arguments) => recognize::run(&arguments),
        Command::Recognizer(arguments) => recognizer::run(&arguments),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Data(arguments) => data::run(&arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Completions(arguments) => shell::completions(&arguments),
        Command::Man(arguments) => shell::man(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<train::Interrupted>() => {
            eprintln!("{error}");
            ExitCode::from(train::EXIT_CODE)
        }
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::from(if is_usage(&error) { 2 } else { 1 })
        }
    }
}

fn is_usage(error: &anyhow::Error) -> bool {
    let is_usage = |cause: &(dyn std::error::Error + 'static)| {
        cause.is::<UsageError>()
            || cause.is::<ConfigError>()
            || cause.is::<KernelError>()
            || matches!(cause.downcast_ref(), Some(TrainError::Config(_) | TrainError::Build(_)))
            || matches!(cause.downcast_ref(), Some(RecognizerError::OutOfRange { .. }))
            || matches!(cause.downcast_ref(), Some(TrainError::Data(DataError::BatchSize { .. })))
    };
    error.chain().any(is_usage)
}

/// Does the work on this many threads; 0 means one a core. A matrix product that the environment
/// asks for but this machine has not is refused here, before anything is computed.
fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> anyhow::Result<R> + Send) -> anyhow::Result<R> {
    gemm::check_kernel_variable()?;
    tracing::info!(kernel = gemm::kernel_name(), threads, "computing (0 threads: one a core)");
    parallel::on_threads(threads, work)?
}
