//! Minibatch standard deviation: what a discriminator cannot see in one image alone, how much the images differ.

use crate::autodiff::{Real, Var};

/// Under the root, so that it has a derivative where all images agree.
const EPSILON: f64 = 1e-8;

impl<'t, T: Real> Var<'t, T> {
    /// Appends to images `[n, h, w, c]` one channel, `[n, h, w, c + 1]`, that holds the same number in every pixel
    /// of a sample: the standard deviation `√(v + 1e-8)` of each pixel and channel over the samples of its group,
    /// averaged over pixels and channels (Karras et al. 2018, *Progressive Growing of GANs*, section 3). A
    /// generator that draws always the same is given away by it.
    ///
    /// A group has `group` samples, the `n/group`-th of the batch after each other, as in StyleGAN: with `m =
    /// n/group`, samples `i`, `i + m`, `i + 2m`, … are together.
    ///
    /// # Panics
    /// When these are no images, or the batch is not made of such groups.
    pub fn minibatch_stddev(self, group: usize) -> Var<'t, T> {
        let shape = self.shape();
        let [n, h, w, c]: [usize; 4] =
            (*shape).try_into().unwrap_or_else(|_| panic!("minibatch_stddev: shape {shape:?} has not four axes"));
        assert!(
            group > 0 && n.is_multiple_of(group) && n * h * w * c > 0,
            "minibatch_stddev: images {shape:?} in groups of {group}"
        );
        let (groups, numbers) = (n / group, h * w * c);
        let samples = self.reshape(&[group, groups, numbers]);
        let centred = samples - samples.mean_axis(0);
        let deviation = ((centred * centred).mean_axis(0) + T::from_f64(EPSILON)).sqrt(); // [1, groups, numbers]
        let channel = deviation.mean_axis(2).broadcast_to(&[group, groups, h * w]).reshape(&[n, h, w, 1]);
        self.concat_channels(channel)
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::{Array, IxDyn};

    #[test]
    fn a_group_shares_the_mean_of_its_deviations() {
        let tape = Tape::<f64>::new();
        // Samples 0 and 2 differ by 2 in one channel and by 6 in the other; 1 and 3 not at all.
        let x =
            tape.leaf(Array::from_shape_fn(IxDyn(&[4, 2, 3, 2]), |i| if i[0] == 2 { [2.0, 6.0][i[3]] } else { 0.0 }));
        let y = x.minibatch_stddev(2);
        assert_eq!(*y.shape(), [4, 2, 3, 3]);
        assert_eq!(y.slice_channels(0..2).value(), x.value());
        let expected = [2.0, 0.0, 2.0, 0.0]; // deviations 1 and 3
        let (channel, root) = (y.slice_channels(2..3).value(), 1e-4);
        assert!(channel.indexed_iter().all(|(i, &x)| (x - expected[i[0]]).abs() <= 1.01 * root), "{channel}");
    }

    #[test]
    #[should_panic(expected = "minibatch_stddev: images [4, 1, 1, 1] in groups of 3")]
    fn samples_left_over_are_refused() {
        Tape::<f64>::new().leaf(Array::zeros(IxDyn(&[4, 1, 1, 1]))).minibatch_stddev(3);
    }
}
