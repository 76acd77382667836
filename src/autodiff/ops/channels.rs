//! Putting channels together and taking them apart. A "channel" is one entry of the last axis: in an
//! image, one number of each pixel; in `[batch, features]`, one feature.

use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;
use std::ops::Range;

/// `a`'s channels, then `b`'s.
#[derive(Debug)]
struct ConcatChannels;

impl<T: Real> Operation<T> for ConcatChannels {
    fn formula(&self) -> String {
        "y = a’s channels, then b’s".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (a, b) = (x[0], x[1]);
        let (Some((&m, a_places)), Some((&n, b_places))) = (a.shape().split_last(), b.shape().split_last()) else {
            panic!("concat_channels: {:?} and {:?} do not both have channels", a.shape(), b.shape())
        };
        assert!(a_places == b_places, "concat_channels: {:?} and {:?} differ beyond channels", a.shape(), b.shape());
        let mut y = pool.take(&with_channels(a, m + n));
        let (a, b) = (kernels::slice(a), kernels::slice(b));
        in_rows(kernels::slice_mut(&mut y), m + n, |i, row| {
            let (first, second) = row.split_at_mut(m);
            first.copy_from_slice(&a[i * m..][..m]);
            second.copy_from_slice(&b[i * n..][..n]);
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, border) = (step.gradient(), channels(step.input(0)));
        let end = border + channels(step.input(1));
        step.add(0, || g.slice_channels(0..border));
        step.add(1, || g.slice_channels(border..end));
    }
}

/// The channels of a range.
#[derive(Debug)]
struct SliceChannels {
    channels: Range<usize>,
}

impl<T: Real> Operation<T> for SliceChannels {
    fn formula(&self) -> String {
        format!("y = x[…, {:?}]", self.channels)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, Range { start, end }) = (x[0], self.channels.clone());
        let total = x.shape().last().copied().unwrap_or(0);
        assert!(start <= end && end <= total, "slice_channels: no channels {start}..{end} in {:?}", x.shape());
        let mut y = pool.take(&with_channels(x, end - start));
        let x = kernels::slice(x);
        in_rows(kernels::slice_mut(&mut y), end - start, |i, row| row.copy_from_slice(&x[i * total..][start..end]));
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, total) = (step.gradient(), channels(step.input(0)));
        step.add(0, || g.pad_channels(self.channels.start, total));
    }
}

/// Channels of zeros around a value, which begins at channel `start` of `total`: the adjoint of taking
/// those channels out.
#[derive(Debug)]
struct PadChannels {
    start: usize,
    total: usize,
}

impl<T: Real> Operation<T> for PadChannels {
    fn formula(&self) -> String {
        format!("y[…, {} + k] = x[…, k], else 0; {} channels", self.start, self.total)
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, start, total) = (x[0], self.start, self.total);
        let count = x.shape().last().copied().unwrap_or(usize::MAX / 2);
        assert!(start + count <= total, "pad_channels: {:?} does not fit at channel {start} of {total}", x.shape());
        let mut y = pool.take(&with_channels(x, total));
        let x = kernels::slice(x);
        in_rows(kernels::slice_mut(&mut y), total, |i, row| {
            row.fill(T::ZERO);
            row[start..start + count].copy_from_slice(&x[i * count..][..count]);
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, count) = (step.gradient(), channels(step.input(0)));
        step.add(0, || g.slice_channels(self.start..self.start + count));
    }
}

/// The shape of `x` with another number of channels.
fn with_channels<T>(x: &Tensor<T>, channels: usize) -> Vec<usize> {
    let mut shape = x.shape().to_vec();
    shape[x.ndim() - 1] = channels;
    shape
}

/// The extent of the last axis.
fn channels<T: Real>(x: Var<'_, T>) -> usize {
    x.shape().last().copied().unwrap_or(0)
}

impl<'t, T: Real> Var<'t, T> {
    /// This value's channels followed by `other`'s: `[…, m]` and `[…, n]` give `[…, m + n]`.
    ///
    /// # Panics
    /// When the shapes differ in more than their channels.
    pub fn concat_channels(self, other: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(ConcatChannels, &[self, other])
    }

    /// The channels of a range.
    ///
    /// # Panics
    /// When there are no such channels.
    pub fn slice_channels(self, channels: Range<usize>) -> Var<'t, T> {
        self.tape().apply(SliceChannels { channels }, &[self])
    }

    /// The value as channels `start..` of `total` channels, the others zero.
    ///
    /// # Panics
    /// When it does not fit.
    pub fn pad_channels(self, start: usize, total: usize) -> Var<'t, T> {
        self.tape().apply(PadChannels { start, total }, &[self])
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::array;

    #[test]
    fn channels_are_put_side_by_side_and_taken_apart() {
        let tape = Tape::<f64>::new();
        let (a, b) = (array![[1.0, 2.0], [3.0, 4.0]].into_dyn(), array![[5.0], [6.0]].into_dyn());
        let both = tape.leaf(a.clone()).concat_channels(tape.leaf(b.clone()));
        assert_eq!(*both.value(), array![[1.0, 2.0, 5.0], [3.0, 4.0, 6.0]].into_dyn());
        assert_eq!(both.slice_channels(0..2).value().to_owned(), a);
        assert_eq!(*tape.leaf(b).pad_channels(1, 3).value(), array![[0.0, 5.0, 0.0], [0.0, 6.0, 0.0]].into_dyn());
    }

    #[test]
    #[should_panic(expected = "slice_channels: no channels 1..4 in [1, 2]")]
    fn channels_that_are_not_there_are_refused() {
        Tape::<f32>::new().leaf(array![[1.0, 2.0]].into_dyn()).slice_channels(1..4);
    }
}
