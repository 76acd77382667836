//! Normalisation of each sample by itself: layer and group normalisation.

use crate::autodiff::{Real, Var};

impl<'t, T: Real> Var<'t, T> {
    /// `(x − μ)/√(v + ε)`, with mean and biased variance over those axes in which `shape` has extent 1 or, at the
    /// left, no axis: what all normalisations have in common, operation by operation.
    ///
    /// # Panics
    /// When the value could not have been broadcast from that shape.
    pub fn standardise(self, shape: &[usize], epsilon: f64) -> Var<'t, T> {
        let count = T::from_f64(self.len() as f64 / shape.iter().product::<usize>() as f64);
        let centred = self - self.sum_to(shape) / count;
        let variance = (centred * centred).sum_to(shape) / count;
        centred / (variance + T::from_f64(epsilon)).sqrt()
    }

    /// Layer normalisation (Ba, Kiros & Hinton 2016): every sample of `[n, …]` with mean 0 and variance 1 over all
    /// its numbers. `epsilon` is usually 1e-5.
    ///
    /// # Panics
    /// When the value is a single number.
    pub fn layer_norm(self, epsilon: f64) -> Var<'t, T> {
        let shape = self.shape();
        assert!(!shape.is_empty(), "layer_norm: a single number is no batch");
        let samples = self.reshape(&[shape[0], shape[1..].iter().product()]);
        samples.standardise(&[shape[0], 1], epsilon).reshape(&shape)
    }

    /// Group normalisation (Wu & He 2018): the channels of `[n, …, channels]` are cut into `groups` of neighbours,
    /// and every group of every sample has mean 0 and variance 1 over its pixels and channels. One group is layer
    /// normalisation, as many as there are channels instance normalisation.
    ///
    /// # Panics
    /// When there are no channels, or they cannot be cut so.
    pub fn group_norm(self, groups: usize, epsilon: f64) -> Var<'t, T> {
        let shape = self.shape();
        let channels = if shape.len() > 1 { shape[shape.len() - 1] } else { 0 };
        let fits = groups > 0 && channels > 0 && channels.is_multiple_of(groups);
        assert!(fits, "group_norm: the channels of {shape:?} cannot be cut into {groups} groups");
        let places = shape[1..shape.len() - 1].iter().product();
        let grouped = self.reshape(&[shape[0], places, groups, channels / groups]);
        grouped.standardise(&[shape[0], 1, groups, 1], epsilon).reshape(&shape)
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::{Array, ArrayD, Dimension, IxDyn};

    fn wave(shape: &[usize]) -> ArrayD<f64> {
        Array::from_shape_fn(IxDyn(shape), |i| i.slice().iter().fold(1.0, |x, &i| 2.3 * x + i as f64).sin())
    }

    #[test]
    fn a_group_is_normalised_over_its_pixels_and_channels() {
        let tape = Tape::<f64>::new();
        let y = tape.leaf(wave(&[2, 3, 2, 6])).group_norm(3, 0.0).value();
        for (sample, group) in [(0, 0), (0, 2), (1, 1)] {
            let slice = y.slice(ndarray::s![sample, .., .., 2 * group..2 * group + 2]);
            assert!(slice.mean().unwrap().abs() <= 1e-14);
            assert!((slice.mapv(|x| x * x).mean().unwrap() - 1.0).abs() <= 1e-13);
        }
    }

    #[test]
    fn one_group_is_layer_normalisation() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(wave(&[2, 3, 2, 4]));
        let difference = (x.group_norm(1, 1e-5) - x.layer_norm(1e-5)).powi(2).sum().item();
        assert!(difference <= 1e-28);
    }

    #[test]
    #[should_panic(expected = "group_norm: the channels of [2, 6] cannot be cut into 4 groups")]
    fn channels_that_cannot_be_cut_are_refused() {
        Tape::<f64>::new().leaf(wave(&[2, 6])).group_norm(4, 1e-5);
    }
}
