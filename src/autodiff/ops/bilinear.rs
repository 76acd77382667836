//! Images twice or half as large, smoothly: upsampling between pixels, and blurring before every second pixel is
//! left out.
//!
//! Both act along the height and then along the width (or the other way around), and along one axis there are but
//! two maps, with a weight for the near and one for the far of the two pixels between which one falls:
//!
//! - up: `y[2k] = near·x[k] + far·x[k − 1]` and `y[2k + 1] = near·x[k] + far·x[k + 1]`;
//! - down: `y[k] = far·x[2k − 1] + near·x[2k] + near·x[2k + 1] + far·x[2k + 2]`, the adjoint of up.
//!
//! A pixel that lies outside is taken to be like the one at the edge, with a weight of its own, `outside`: as heavy
//! as `far` it is the edge repeated, and 0 is a border of zeros. Either way down remains the adjoint of up.

use super::conv::axes;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;

/// What the pixels along one axis weigh.
#[derive(Clone, Copy, Debug)]
struct Weights {
    near: f64,
    far: f64,
    outside: f64,
}

impl Weights {
    /// What lies outside, in a formula.
    fn edge(self) -> &'static str {
        if self.outside == 0.0 { "zeros outside" } else { "the edge repeated" }
    }
}

/// Between the pixels: what lies at a quarter of their distance. The edge is repeated.
const BETWEEN: Weights = Weights { near: 0.75, far: 0.25, outside: 0.25 };
/// The filter `[1, 3, 3, 1] / 8`, on a border of zeros.
const BLUR: Weights = Weights { near: 0.375, far: 0.125, outside: 0.0 };

#[derive(Debug)]
struct Up(Weights);

#[derive(Debug)]
struct Down(Weights);

impl<T: Real> Operation<T> for Up {
    fn formula(&self) -> String {
        let Weights { near, far, .. } = self.0;
        format!(
            "y[2·k] = {near}·x[k] + {far}·x[k − 1], y[2·k + 1] = {near}·x[k] + {far}·x[k + 1], along both axes, {}",
            self.0.edge()
        )
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let [n, h, w, c] = axes("upsample_bilinear", inputs[0]);
        let mut wide = pool.take(&[n, h, 2 * w, c]);
        up(self.0, kernels::slice(inputs[0]), [w, c], kernels::slice_mut(&mut wide));
        let mut y = pool.take(&[n, 2 * h, 2 * w, c]);
        up(self.0, kernels::slice(&wide), [h, 2 * w * c], kernels::slice_mut(&mut y));
        pool.give(wide);
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.tape().apply(Down(self.0), &[g]));
    }
}

impl<T: Real> Operation<T> for Down {
    fn formula(&self) -> String {
        let Weights { near, far, .. } = self.0;
        format!(
            "y[k] = {far}·(x[2·k − 1] + x[2·k + 2]) + {near}·(x[2·k] + x[2·k + 1]), along both axes, {}",
            self.0.edge()
        )
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let [n, h, w, c] = axes("downsample_bilinear", inputs[0]);
        let even = h.is_multiple_of(2) && w.is_multiple_of(2);
        assert!(even, "downsample_bilinear: images {:?} are not of even height and width", inputs[0].shape());
        let mut low = pool.take(&[n, h / 2, w, c]);
        down(self.0, kernels::slice(inputs[0]), [h, w * c], kernels::slice_mut(&mut low));
        let mut y = pool.take(&[n, h / 2, w / 2, c]);
        down(self.0, kernels::slice(&low), [w, c], kernels::slice_mut(&mut y));
        pool.give(low);
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.tape().apply(Up(self.0), &[g]));
    }
}

/// Up along the middle axis of `x: […, length, inner]`, giving `y: […, 2·length, inner]`.
fn up<T: Real>(weights: Weights, x: &[T], [length, inner]: [usize; 2], y: &mut [T]) {
    let near_weight = T::from_f64(weights.near);
    in_rows(y, inner, |i, row| {
        let (block, k) = (i / (2 * length), i / 2 % length);
        let (far, weight) = neighbour::<T>(weights, k, length, i % 2 == 1);
        let line = |k: usize| &x[(block * length + k) * inner..][..inner];
        for ((y, &near), &far) in row.iter_mut().zip(line(k)).zip(line(far)) {
            *y = near_weight * near + weight * far;
        }
    });
}

/// Down along the middle axis of `x: […, length, inner]`, giving `y: […, length/2, inner]`.
fn down<T: Real>(weights: Weights, x: &[T], [length, inner]: [usize; 2], y: &mut [T]) {
    let near_weight = T::from_f64(weights.near);
    in_rows(y, inner, |i, row| {
        let (block, k) = (i / (length / 2), i % (length / 2));
        let (before, weight_before) = neighbour::<T>(weights, 2 * k, length, false);
        let (after, weight_after) = neighbour::<T>(weights, 2 * k + 1, length, true);
        let line = |k: usize| &x[(block * length + k) * inner..][..inner];
        let nears = line(2 * k).iter().zip(line(2 * k + 1));
        let fars = line(before).iter().zip(line(after));
        for ((y, (&a, &b)), (&before, &after)) in row.iter_mut().zip(nears).zip(fars) {
            *y = near_weight * (a + b) + weight_before * before + weight_after * after;
        }
    });
}

/// The pixel before or after pixel `k` and its weight; at the edge, pixel `k` itself with the weight of what lies
/// outside.
fn neighbour<T: Real>(weights: Weights, k: usize, length: usize, after: bool) -> (usize, T) {
    let inside = if after { k + 1 < length } else { k > 0 };
    match (inside, after) {
        (false, _) => (k, T::from_f64(weights.outside)),
        (true, true) => (k + 1, T::from_f64(weights.far)),
        (true, false) => (k - 1, T::from_f64(weights.far)),
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Images `[n, h, w, c]` twice as high and wide, `[n, 2h, 2w, c]`, by bilinear interpolation: pixels are
    /// squares that each become four, and a new pixel is worth what lies at its centre, on straight lines between
    /// the centres of the old. Beyond the outermost centres the edge is repeated. (PyTorch's `interpolate` with
    /// `scale_factor=2, mode="bilinear", align_corners=False`.)
    ///
    /// # Panics
    /// When these are no images.
    pub fn upsample_bilinear(self) -> Var<'t, T> {
        self.tape().apply(Up(BETWEEN), &[self])
    }

    /// Images `[n, h, w, c]` half as high and wide, `[n, h/2, w/2, c]`: blurred with the filter `[1, 3, 3, 1] / 8`
    /// along both axes, then every second pixel, so that details too fine for the result do not come back as
    /// coarse ones (Zhang 2019, *Making Convolutional Networks Shift-Invariant Again*; Karras et al. 2020). Along
    /// one axis `y[k] = (x[2k − 1] + 3x[2k] + 3x[2k + 1] + x[2k + 2]) / 8`, with zeros outside of the image; so an
    /// image of ones stays one inside and is 7/8 along an edge.
    ///
    /// # Panics
    /// When these are no images, or the height or the width is odd.
    pub fn downsample_bilinear(self) -> Var<'t, T> {
        self.tape().apply(Down(BLUR), &[self])
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::{Array, IxDyn};

    #[test]
    fn a_slope_stays_a_slope_between_the_edges() {
        let tape = Tape::<f64>::new();
        let plane = |shape: &[usize], at: fn(usize) -> f64| {
            Array::from_shape_fn(IxDyn(shape), |i| 5.0 * at(i[1]) - 2.0 * at(i[2]) + i[3] as f64)
        };
        let y = tape.leaf(plane(&[2, 4, 3, 2], |k| k as f64)).upsample_bilinear().value();
        // The centre of pixel p of the larger image is at (p + ½)/2 − ½ of the smaller.
        let expected = plane(&[2, 8, 6, 2], |p| (p as f64 + 0.5) / 2.0 - 0.5);
        let inside = ndarray::s![.., 1..7, 1..5, ..];
        assert!((&y.slice(inside) - &expected.slice(inside)).iter().all(|x| x.abs() <= 1e-14));
        assert_eq!(y[[0, 0, 0, 1]], 1.0, "a corner is the corner");
    }

    #[test]
    fn ones_stay_ones_inside() {
        let tape = Tape::<f64>::new();
        let y = tape.leaf(Array::ones(IxDyn(&[1, 6, 8, 1]))).downsample_bilinear().value();
        assert_eq!((y[[0, 1, 1, 0]], y[[0, 1, 0, 0]], y[[0, 2, 3, 0]]), (1.0, 7.0 / 8.0, 49.0 / 64.0));
        assert_eq!(y.shape(), [1, 3, 4, 1]);
    }

    #[test]
    #[should_panic(expected = "downsample_bilinear: images [1, 3, 4, 1] are not of even height and width")]
    fn an_odd_height_is_refused() {
        Tape::<f64>::new().leaf(Array::ones(IxDyn(&[1, 3, 4, 1]))).downsample_bilinear();
    }
}
