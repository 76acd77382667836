//! The largest pixel of every window. Which one that is, is found on the way back and is a constant from then on:
//! putting pixels back and picking them are linear, and each is the adjoint of the other.

use super::conv::axes;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::gemm::conv_output;
use crate::parallel::in_rows;

/// Square windows of `size` pixels a side, `stride` pixels apart.
#[derive(Clone, Copy, Debug)]
struct Windows {
    size: usize,
    stride: usize,
}

impl Windows {
    /// How many rows and columns of windows there are on images of this `[height, width]`, if one fits.
    fn output(self, image: [usize; 2]) -> Option<[usize; 2]> {
        conv_output(image, [self.size, self.size], self.stride, 0)
    }

    /// A pixel of a window, in a formula.
    fn pixel(self, x: &str) -> String {
        format!("{x}[n, {0}·p + i, {0}·q + j, c]", self.stride)
    }

    /// How the winner of a window names a pixel, in a formula.
    fn winner(self) -> String {
        format!("where k[n, p, q, c] = {}·i + j", self.size)
    }
}

/// `[height, width, channels]` of the images, and how windows lie on them.
#[derive(Clone, Copy)]
struct Places {
    image: [usize; 3],
    windows: Windows,
}

impl Places {
    /// The first element of the window at column `q` of the `row`-th row of windows, with `rows` rows an image.
    fn corner(&self, row: usize, rows: usize, q: usize) -> usize {
        let ([h, w, c], Windows { stride, .. }) = (self.image, self.windows);
        ((row / rows * h + row % rows * stride) * w + q * stride) * c
    }

    /// The pixels of a window, counted row by row: each one's number, and how far it is from the first.
    fn offsets<T: Real>(&self) -> impl Iterator<Item = (T, usize)> {
        let ([_, w, c], Windows { size, .. }) = (self.image, self.windows);
        (0..size * size).map(move |k| (T::from_f64(k as f64), (k / size * w + k % size) * c))
    }
}

/// `y[n, p, q, c] = max x[n, s·p + i, s·q + j, c]` over `i` and `j`.
#[derive(Debug)]
struct Largest {
    windows: Windows,
}

impl<T: Real> Operation<T> for Largest {
    fn formula(&self) -> String {
        format!("y[n, p, q, c] = max {}", self.windows.pixel("x"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        visit_windows(inputs[0], self.windows, pool, |_, largest| largest)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, g, windows) = (step.input(0), step.gradient(), self.windows);
        let image = [x.shape()[1], x.shape()[2]];
        step.add(0, || {
            let x = x.value();
            let winners = g.tape().computed(|pool| visit_windows(&x, windows, pool, |winner, _| winner));
            g.tape().apply(PutBack { windows, image }, &[g, winners])
        });
    }
}

/// `y[n, p, q, c] = x[n, s·p + i, s·q + j, c]`, where `k = winners[n, p, q, c]` is `size·i + j`.
#[derive(Debug)]
struct Pick {
    windows: Windows,
}

/// Adds each `y[n, p, q, c]` to the pixel of an image of this `[height, width]` that [`Pick`] took it from.
#[derive(Debug)]
struct PutBack {
    windows: Windows,
    image: [usize; 2],
}

impl<T: Real> Operation<T> for Pick {
    fn formula(&self) -> String {
        format!("y[n, p, q, c] = {} {}", self.windows.pixel("x"), self.windows.winner())
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let ([_, h, w, c], [_, rows, columns, _]) = (axes("max_pool", inputs[0]), axes("max_pool", inputs[1]));
        let places = Places { image: [h, w, c], windows: self.windows };
        let mut y = pool.take(inputs[1].shape());
        let (x, winners) = (kernels::slice(inputs[0]), kernels::slice(inputs[1]));
        in_rows(kernels::slice_mut(&mut y), columns * c, |i, row| {
            let winners = winners[i * columns * c..].chunks_exact(c);
            for (q, (pixel, winners)) in row.chunks_exact_mut(c).zip(winners).enumerate() {
                let window = &x[places.corner(i, rows, q)..];
                for (index, offset) in places.offsets() {
                    let x = &window[offset..][..c];
                    for channel in 0..c {
                        pixel[channel] = if winners[channel] == index { x[channel] } else { pixel[channel] };
                    }
                }
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, winners, g) = (step.input(0), step.input(1), step.gradient());
        let image = [x.shape()[1], x.shape()[2]];
        step.add(0, || g.tape().apply(PutBack { windows: self.windows, image }, &[g, winners]));
    }
}

impl<T: Real> Operation<T> for PutBack {
    fn formula(&self) -> String {
        format!("{} = Σ y[n, p, q, c] {}", self.windows.pixel("x"), self.windows.winner())
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let ([n, rows, columns, c], [h, w]) = (axes("max_pool", inputs[0]), self.image);
        let places = Places { image: [h, w, c], windows: self.windows };
        let mut x = pool.take(&[n, h, w, c]);
        let (y, winners) = (kernels::slice(inputs[0]), kernels::slice(inputs[1]));
        let per_image = rows * columns * c;
        // Windows may overlap, so an image is one task.
        in_rows(kernels::slice_mut(&mut x), h * w * c, |i, image| {
            image.fill(T::ZERO);
            let picked = y[i * per_image..][..per_image].chunks_exact(c);
            for (k, (pixel, winners)) in picked.zip(winners[i * per_image..].chunks_exact(c)).enumerate() {
                let window = &mut image[places.corner(k / columns, rows, k % columns)..];
                for (index, offset) in places.offsets() {
                    let x = &mut window[offset..][..c];
                    for channel in 0..c {
                        x[channel] += if winners[channel] == index { pixel[channel] } else { T::ZERO };
                    }
                }
            }
        });
        x
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (winners, g) = (step.input(1), step.gradient());
        step.add(0, || g.tape().apply(Pick { windows: self.windows }, &[g, winners]));
    }
}

/// For each window and channel `what` of the first of the largest pixels, counted row by row: of its number and its
/// value. A NaN is larger than any number.
fn visit_windows<T: Real>(
    x: &Tensor<T>,
    windows: Windows,
    pool: &mut Pool<T>,
    what: impl Fn(T, T) -> T + Sync + Copy,
) -> Tensor<T> {
    /// Channels looked at together: a vector or two of them.
    const TOGETHER: usize = 8;
    let [n, h, w, c] = axes("max_pool", x);
    let places = Places { image: [h, w, c], windows };
    let [rows, columns] = windows.output([h, w]).expect("a window fits");
    let mut result = pool.take(&[n, rows, columns, c]);
    let x = kernels::slice(x);
    in_rows(kernels::slice_mut(&mut result), columns * c, |i, row| {
        for (q, pixel) in row.chunks_exact_mut(c).enumerate() {
            let window = &x[places.corner(i, rows, q)..];
            let (blocks, rest) = pixel.as_chunks_mut::<TOGETHER>();
            let last = blocks.len() * TOGETHER;
            for (block, results) in blocks.iter_mut().enumerate() {
                visit_block(&window[block * TOGETHER..], &places, results, what);
            }
            for (channel, result) in rest.iter_mut().enumerate() {
                visit_block(&window[last + channel..], &places, std::array::from_mut(result), what);
            }
        }
    });
    result
}

/// The first `N` channels of a window.
#[inline(always)]
fn visit_block<T: Real, const N: usize>(
    window: &[T],
    places: &Places,
    results: &mut [T; N],
    what: impl Fn(T, T) -> T + Copy,
) {
    let (mut best, mut found) = ([T::ZERO; N], [T::ZERO; N]);
    best.copy_from_slice(&window[..N]);
    for (index, offset) in places.offsets().skip(1) {
        let challengers = &window[offset..][..N];
        for channel in 0..N {
            let (challenger, holder) = (challengers[channel], best[channel]);
            let wins = (challenger > holder) | (challenger.is_nan() & !holder.is_nan());
            found[channel] = if wins { index } else { found[channel] };
            best[channel] = if wins { challenger } else { holder };
        }
    }
    *results = std::array::from_fn(|channel| what(found[channel], best[channel]));
}

impl<'t, T: Real> Var<'t, T> {
    /// The largest pixel of every square window of `size` pixels a side, `stride` pixels apart, channel by
    /// channel: `[n, h, w, c]` gives `[n, ⌊(h − size)/stride⌋ + 1, ⌊(w − size)/stride⌋ + 1, c]`. The whole
    /// gradient goes to the first largest pixel of each window (row by row), and adds up where windows share it.
    ///
    /// # Panics
    /// When these are no images, or a window does not fit into one.
    pub fn max_pool(self, size: usize, stride: usize) -> Var<'t, T> {
        let windows = Windows { size, stride };
        let [_, h, w, _] = axes("max_pool", &self.value());
        let fits = windows.output([h, w]).is_some();
        assert!(fits, "max_pool: no window of {size} pixels, {stride} apart, on images {:?}", &*self.shape());
        self.tape().apply(Largest { windows }, &[self])
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::{ArrayD, IxDyn};

    fn image(pixels: &[f64], [h, w]: [usize; 2]) -> ArrayD<f64> {
        ArrayD::from_shape_vec(IxDyn(&[1, h, w, 1]), pixels.to_vec()).unwrap()
    }

    #[test]
    fn the_gradient_goes_whole_to_the_first_largest_pixel() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(image(&[1.0, 5.0, 7.0, 0.0, 2.0, 5.0, 7.0, 7.0], [2, 4]));
        let y = x.max_pool(2, 2);
        assert_eq!(*y.value(), image(&[5.0, 7.0], [1, 2]));
        let weights = tape.leaf(image(&[3.0, 4.0], [1, 2]));
        let gradient = tape.gradients((y * weights).sum(), &[x])[0].value();
        assert_eq!(*gradient, image(&[0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0], [2, 4]));
    }

    #[test]
    fn windows_that_overlap_share_a_pixel() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(image(&[0.0, 9.0, 1.0, 3.0, 0.0, 0.0], [2, 3]));
        let y = x.max_pool(2, 1);
        assert_eq!(*y.value(), image(&[9.0, 9.0], [1, 2]));
        assert_eq!(*tape.gradients(y.sum(), &[x])[0].value(), image(&[0.0, 2.0, 0.0, 0.0, 0.0, 0.0], [2, 3]));
    }

    #[test]
    fn negative_pixels_have_a_largest_too_and_a_nan_is_not_hidden() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(image(&[-4.0, -3.0, f64::NAN, 1.0, -5.0, -6.0, 2.0, 3.0], [2, 4]));
        let y = x.max_pool(2, 2).value();
        assert_eq!(y[[0, 0, 0, 0]], -3.0);
        assert!(y[[0, 0, 1, 0]].is_nan());
    }

    #[test]
    #[should_panic(expected = "max_pool: no window of 3 pixels, 1 apart, on images [1, 2, 4, 1]")]
    fn a_window_that_does_not_fit_is_refused() {
        Tape::<f64>::new().leaf(image(&[0.0; 8], [2, 4])).max_pool(3, 1);
    }
}
