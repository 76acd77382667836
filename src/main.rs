//! `twoplayer`: train, sample and look into generative adversarial networks.

use std::process::ExitCode;

fn main() -> ExitCode {
    twoplayer::cli::main()
}
