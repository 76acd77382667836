//! One training step of each preset, both players, batch 128.
//!
//!     cargo bench --bench step           # half a minute
//!     cargo bench --bench step -- mlp
//!
//! How to read it: `time` is a step's, and an element is a real image, so elem/s are images a
//! second. `mlp` penalises the discriminator's slope at every fourth step; a figure is the mean of
//! four steps in a row. Compare within one run: absolute times move with the machine.
//! `cargo run --release -- bench` says where a step's time goes, `cargo bench --bench products` and
//! `--bench operations` how long its parts take.

mod timing;

use timing::{THREADS, bench, timed};
use twoplayer::gan::{Config, Players, Trainer};

/// So many steps in a row do everything once, the penalty too.
const CYCLE: u32 = 4;

fn main() {
    for preset in Config::presets() {
        let config = Config::preset(preset).expect("it is one of ours");
        let mut trainer = Trainer::<f32>::new(&config).expect("presets fit together");
        trainer.set_learning_rates(Players::default()); // as much work, and the game does not drift meanwhile
        for (on, threads) in THREADS {
            let step = || timed(|| cycle(&mut trainer)) / CYCLE;
            bench(&format!("step/{preset}/{on}"), threads, config.training.batch_size, step);
        }
    }
}

fn cycle(trainer: &mut Trainer) {
    (0..CYCLE).for_each(|_| _ = trainer.step(|images, _| images.fill(0.5)));
}
