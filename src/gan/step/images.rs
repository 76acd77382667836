//! The images of a step, and what they are made from.

use crate::autodiff::{Real, Tape, Var};
use crate::data::CLASSES;
use crate::gan::Mistake;
use crate::nn::{Input, InputShape, OnTape, Training, one_hot};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

/// What the generator is asked for, at random.
#[derive(Debug)]
pub(in crate::gan) struct Requests {
    pub batch_size: usize,
    pub latent_rng: ChaCha8Rng,
    pub label_rng: ChaCha8Rng,
    pub mistake: Option<Mistake>,
}

impl Requests {
    /// A batch of generated images, `[batch, pixels]`, with the classes that were asked for where there are any.
    pub fn generate<'t, T: Real>(&mut self, generator: &OnTape<'_, 't, T>, training: &mut Training<T>) -> Input<'t, T> {
        let (tape, classes) = (generator.tape, generator.network.classes());
        let mut labels = random_labels(self.batch_size, classes, &mut self.label_rng);
        self.mistake.iter().for_each(|mistake| mistake.in_labels(&mut labels));
        let labels = one_hot(tape, &labels, classes);
        let z = latent_vectors(tape, self.batch_size, generator.network.input_width(), &mut self.latent_rng);
        Input { x: generator.forward(Input { x: z, labels }, &mut training.into()), labels }
    }
}

/// The real images of a step.
#[derive(Clone, Copy, Debug)]
pub(in crate::gan) struct RealImages<'t, T: Real> {
    /// `[batch, pixels]`, and their labels where there are classes.
    pub real: Input<'t, T>,
    /// Others, of which the labels are known, where the discriminator is to read and knows few.
    pub labelled: Option<Input<'t, T>>,
}

/// A batch of real images for this discriminator, and so many more with labels.
pub(super) fn real_images<'t, T: Real>(
    tape: &'t Tape<T>,
    batch: usize,
    labelled: usize,
    InputShape { extent, classes }: InputShape,
    write: impl FnOnce(&mut [T], &mut [u8]),
) -> RealImages<'t, T> {
    let mut labels = vec![0; if classes > 0 { batch } else { labelled }];
    let x = tape.fill(&[labelled + batch, extent.width()], |images| write(images, &mut labels)).named("real images");
    if labelled == 0 {
        return RealImages { real: Input { x, labels: one_hot(tape, &labels, classes) }, labelled: None };
    }
    let real = x.slice_rows(labelled..labelled + batch).into();
    let labels = one_hot(tape, &labels, CLASSES);
    RealImages { real, labelled: Some(Input { x: x.slice_rows(0..labelled), labels }) }
}

/// `count` classes, each as likely as any other; none where there are none.
fn random_labels(count: usize, classes: usize, rng: &mut impl Rng) -> Vec<u8> {
    let count = if classes > 0 { count } else { 0 };
    (0..count).map(|_| rng.random_range(0..classes) as u8).collect()
}

/// `count` latent vectors, `[count, latent_dim]`, each number from N(0, 1).
pub fn latent_vectors<'t, T: Real>(
    tape: &'t Tape<T>,
    count: usize,
    latent_dim: usize,
    rng: &mut impl Rng,
) -> Var<'t, T> {
    let mut normal = || T::from_f64(rng.sample(StandardNormal));
    tape.fill(&[count, latent_dim], |z| z.iter_mut().for_each(|z| *z = normal())).named("latent vectors")
}
