//! `serve.py` for workers in Rust: they wait, idle, for a line, do one round, and answer with a line of JSON.

use std::error::Error;
use std::io::Write;
use std::time::Instant;

pub type Outcome<T> = Result<T, Box<dyn Error>>;

/// The value of `--name=value` on the command line.
fn option(name: &str) -> Option<String> {
    let begin = format!("--{name}=");
    std::env::args().find_map(|argument| argument.strip_prefix(&begin).map(str::to_owned))
}

fn answer(field: &str, value: &str) -> Outcome<()> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{{\"{field}\": {value}}}")?;
    Ok(output.flush()?)
}

/// Answers once when `set_up` has made a step, then with the median time of `--steps` steps, in milliseconds, for each
/// line. Whatever goes wrong, the reason is an answer too.
pub fn serve<S: FnMut() -> Outcome<[f32; 2]>>(set_up: impl FnOnce() -> Outcome<S>) {
    // The last line there is what a comparison says of a process that ended.
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", panic.to_string().replace('\n', " "))));
    if let Err(reason) = rounds(set_up) {
        let reason = reason.to_string().replace(['\n', '"', '\\'], " ");
        answer("not_available", &format!("\"{}\"", reason.chars().take(150).collect::<String>())).unwrap();
    }
}

fn rounds<S: FnMut() -> Outcome<[f32; 2]>>(set_up: impl FnOnce() -> Outcome<S>) -> Outcome<()> {
    if option("precision").is_some_and(|precision| precision != "f32") {
        return Err("here it takes part in f32 only".into());
    }
    let steps = option("steps").ok_or("--steps is missing")?.parse::<usize>()?;
    let mut step = set_up()?;
    for _ in 0..20 {
        step()?; // for caches
    }
    answer("ready", "true")?;
    for line in std::io::stdin().lines() {
        line?;
        answer("result", &median_ms(&mut step, steps)?.to_string())?;
    }
    Ok(())
}

fn median_ms(step: &mut impl FnMut() -> Outcome<[f32; 2]>, steps: usize) -> Outcome<f64> {
    let mut times = Vec::with_capacity(steps);
    for _ in 0..steps {
        let start = Instant::now();
        if !step()?.into_iter().all(f32::is_finite) {
            return Err("a loss is not a finite number".into());
        }
        times.push(1e3 * start.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok((times[(steps - 1) / 2] + times[steps / 2]) / 2.0)
}
