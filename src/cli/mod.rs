//! The command line: one file a command. Floor seven.

mod bar;
mod bench;
#[doc(hidden)]
pub mod check;
mod columns;
mod data;
mod diagnostics;
mod digit;
mod evaluate;
mod flags;
mod given;
mod inspect;
mod interpolate;
#[cfg(feature = "lab")]
mod lab;
mod man;
mod memory;
mod outputs;
mod precision;
mod presets;
mod recognize;
mod recognizer;
mod report;
mod runs;
mod sample;
mod say;
mod setting;
mod shell;
mod threads;
mod train;
mod usage_error;

use crate::data::DataError;
use crate::gan::{ConfigError, TrainError};
use crate::gemm::KernelError;
use crate::recognizer::RecognizerError;
use clap::{CommandFactory, Parser, Subcommand};
use diagnostics::Diagnostics;
use say::{Unsaid, note};
use std::process::ExitCode;
use usage_error::UsageError;

/// Build, train and look into generative adversarial networks on handwritten digits.
///
/// A generator draws digits from random numbers; a discriminator tells drawn digits from real
/// ones; each learns from the other. Everything under it, from the matrix product and the
/// automatic differentiation up, is this program's own code.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    max_term_width = 120,
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
    Train(Box<train::Arguments>), // which has many flags
    #[cfg(feature = "lab")]
    Lab(lab::Arguments),
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

/// Parses the command line, runs the command, and answers the exit code: 0 when all went well, 2
/// for a mistake in the call, 130 when Ctrl-C ended it, 1 for anything else. Who reads no further, as `head` does, has
/// had all that was wanted: 0.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => return printed(&answer),
    };
    cli.diagnostics.listen();
    let result = match cli.command {
        Command::Train(arguments) => train::run(&arguments),
        #[cfg(feature = "lab")]
        Command::Lab(arguments) => lab::run(&arguments),
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
        Command::Completions(arguments) => shell::completions(&arguments, &mut Cli::command()),
        Command::Man(arguments) => shell::man(&arguments, Cli::command()),
    };
    result.map_or_else(|error| ended_by(&error), |()| ExitCode::SUCCESS)
}

/// Prints what the parser answers by itself: help, the version, or what is wrong with the call.
fn printed(answer: &clap::Error) -> ExitCode {
    match answer.print().map_err(Unsaid::from) {
        Err(unsaid @ Unsaid::Failed(_)) if !answer.use_stderr() => ended_by(&unsaid.into()),
        _ => ExitCode::from(answer.exit_code() as u8),
    }
}

/// Says why the program ends, and answers the exit code.
fn ended_by(error: &anyhow::Error) -> ExitCode {
    if error.is::<train::Interrupted>() {
        note(error);
        return ExitCode::from(train::EXIT_CODE);
    }
    if matches!(error.downcast_ref(), Some(Unsaid::Closed)) {
        return ExitCode::SUCCESS;
    }
    note(format_args!("error: {}", flags::said(error).replace('\n', " ")));
    ExitCode::from(if is_usage(error) { 2 } else { 1 })
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
