//! A player in use, on many samples at a time.

use crate::autodiff::Tape;
use crate::nn::{Input, Mode, Network, one_hot};
use rayon::prelude::*;

/// Samples at a time: enough for the product's full speed, few enough to stay in the cache.
pub(in crate::gan) const CHUNK: usize = 256;

/// What a player makes of `inputs`, `[n, input_width]`, and their `labels`, `[n]`, if it looks at them: `[n,
/// output_width]`.
///
/// # Panics
/// When `inputs` is not a whole number of samples, or there is not a label for each, or one that is no class.
pub(in crate::gan) fn in_use(player: &Network, inputs: &[f32], labels: &[u8]) -> Vec<f32> {
    let (width, output_width, classes) = (player.input_width(), player.output_width(), player.classes());
    let count = inputs.len() / width;
    assert_eq!(inputs.len(), count * width, "{} numbers in samples of {width}", inputs.len());
    assert!(classes == 0 || labels.len() == count, "{} labels for {count} samples", labels.len());
    let mut outputs = vec![0.0; count * output_width];
    let chunks = inputs.par_chunks(CHUNK * width).zip(outputs.par_chunks_mut(CHUNK * output_width)).enumerate();
    chunks.for_each_init(Tape::new, |tape, (chunk, (inputs, outputs))| {
        tape.evaluate(|tape| {
            let labels = if classes > 0 { &labels[chunk * CHUNK..][..inputs.len() / width] } else { &[] };
            let input = input_of(tape, player, inputs, labels);
            let output = player.on(tape).forward(input, &mut Mode::Evaluate).value();
            outputs.copy_from_slice(output.as_slice().expect("values of a tape are contiguous"));
        });
    });
    outputs
}

/// `inputs`, `[n, input_width]`, and `labels`, `[n]`, on a tape, as the player takes them; labels that it does not look at
/// are left out.
pub(in crate::gan) fn input_of<'t>(
    tape: &'t Tape<f32>,
    player: &Network,
    inputs: &[f32],
    labels: &[u8],
) -> Input<'t, f32> {
    let (width, classes) = (player.input_width(), player.classes());
    let x = tape.fill(&[inputs.len() / width, width], |x| x.copy_from_slice(inputs));
    Input { x, labels: one_hot(tape, if classes > 0 { labels } else { &[] }, classes) }
}
