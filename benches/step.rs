//! How long things take: one training step of each preset, and the operations around the
//! products. Compare within one run; absolute times move with the machine.
//!
//!     cargo bench --bench step

use criterion::{Criterion, criterion_group, criterion_main};
use twoplayer::autodiff::Tape;
use twoplayer::gan::{Config, Trainer};

/// One step of both players, batch 128.
fn steps(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    group.sample_size(20);
    for preset in Config::presets() {
        let config = Config::preset(preset).expect("it is one of ours");
        let mut trainer = Trainer::<f32>::new(&config).expect("presets fit together");
        group.bench_function(preset, |b| b.iter(|| trainer.step(|real| real.fill(0.5))));
    }
}

/// Element-wise functions on a batch of images, `[128, 784]`: a plain sum of two arrays is what
/// memory allows, and the others show what their arithmetic adds.
fn elementwise(c: &mut Criterion) {
    let mut group = c.benchmark_group("elementwise");
    let mut tape = Tape::<f32>::new();
    let mut run = |name: &str, operation: fn(&Tape)| {
        group.bench_function(name, |b| {
            b.iter(|| {
                operation(&tape);
                tape.reset();
            })
        });
    };
    fn batch(tape: &Tape) -> twoplayer::autodiff::Var<'_> {
        tape.fill(&[128, 784], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = (i % 13) as f32 - 6.0))
    }
    run("filling alone", |tape| _ = batch(tape));
    run("add", |tape| _ = batch(tape) + batch(tape));
    run("exp", |tape| _ = batch(tape).exp());
    run("sigmoid", |tape| _ = batch(tape).sigmoid());
    run("tanh", |tape| _ = batch(tape).tanh());
    run("softplus", |tape| _ = batch(tape).softplus());
}

criterion_group!(benches, steps, elementwise);
criterion_main!(benches);
