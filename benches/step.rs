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

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use std::time::Duration;
use timing::{THREADS, brief, time_on, timed};
use twoplayer::gan::{Config, Players, Trainer};

/// So many steps in a row do everything once, the penalty too.
const CYCLE: u32 = 4;

fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    group.sample_size(10).measurement_time(Duration::from_secs(5)).sampling_mode(SamplingMode::Flat);
    for preset in Config::presets() {
        let config = Config::preset(preset).expect("it is one of ours");
        group.throughput(Throughput::Elements(config.training.batch_size as u64));
        let mut trainer = Trainer::<f32>::new(&config).expect("presets fit together");
        trainer.set_learning_rates(Players::default()); // as much work, and the game does not drift meanwhile
        for (on, threads) in THREADS {
            let id = BenchmarkId::new(preset, on);
            group.bench_function(id, |b| time_on(threads, b, || timed(|| cycle(&mut trainer)) / CYCLE));
        }
    }
}

fn cycle(trainer: &mut Trainer) {
    (0..CYCLE).for_each(|_| _ = trainer.step(|images, _| images.fill(0.5)));
}

criterion_group!(name = benches; config = brief(); targets = steps);
criterion_main!(benches);
