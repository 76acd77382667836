//! Convolutions whose result has few channels, such as the one that draws a grey image.
//!
//! A window that moves over the image would leave most lanes of a vector empty. So first each pixel is multiplied
//! with all of the kernel, `[pixels, depth]·[depth, taps·channels]`, and then the products are added up where they
//! belong.

use super::walk::Walk;
use super::{ConvShape, for_each_image};
use crate::gemm::split::part;
use crate::gemm::{Element, Kernel};

/// `y` of `x` and `w`.
pub fn convolve<T: Element>(
    kernel: Kernel,
    shape: &ConvShape,
    x: &[T],
    w: &[T],
    y: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    let ConvShape { inputs, outputs, .. } = *shape;
    let (taps, pixels) = (Taps::new(shape), shape.image[0] * shape.image[1]);
    let product = PixelProduct { kernel, pixels, depth: inputs, columns: taps.count * outputs };
    T::with_buffer(|packed| {
        product.pack(packed, |c, column| w[(column / outputs * inputs + c) * outputs + column % outputs]);
        for_each_image(y, taps.places() * outputs, |n, y| {
            T::with_buffer(|products| {
                product.compute(&x[n * pixels * inputs..][..pixels * inputs], packed, products);
                y.fill(T::ZERO);
                taps.for_each_row(|tap, row| {
                    for d in 0..outputs {
                        let from = products[row.pixel * product.columns + tap * outputs + d..].iter();
                        let to = y[row.place * outputs + d..].iter_mut().step_by(outputs);
                        let from = from.step_by(shape.stride * product.columns);
                        to.zip(from).take(row.count).for_each(|(y, &product)| *y += product);
                    }
                });
            });
            finish(y);
        });
    });
}

/// `x` of `y` and `w`.
pub fn convolve_transposed<T: Element>(
    kernel: Kernel,
    shape: &ConvShape,
    y: &[T],
    w: &[T],
    x: &mut [T],
    finish: impl Fn(&mut [T]) + Sync,
) {
    let ConvShape { inputs, outputs, .. } = *shape;
    let taps = Taps::new(shape);
    let places = taps.places();
    let product = PixelProduct { kernel, pixels: places, depth: outputs, columns: taps.count * inputs };
    T::with_buffer(|packed| {
        product.pack(packed, |d, column| w[column * outputs + d]);
        for_each_image(x, shape.image[0] * shape.image[1] * inputs, |n, x| {
            T::with_buffer(|products| {
                product.compute(&y[n * places * outputs..][..places * outputs], packed, products);
                x.fill(T::ZERO);
                taps.for_each_row(|tap, row| {
                    for c in 0..inputs {
                        let from = products[row.place * product.columns + tap * inputs + c..].iter();
                        let to = x[row.pixel * inputs + c..].iter_mut().step_by(shape.stride * inputs);
                        to.zip(from.step_by(product.columns)).take(row.count).for_each(|(x, &product)| *x += product);
                    }
                });
            });
            finish(x);
        });
    });
}

/// An image as a matrix `[pixels, depth]`, times a matrix `[depth, columns]`.
struct PixelProduct {
    kernel: Kernel,
    pixels: usize,
    depth: usize,
    columns: usize,
}

impl PixelProduct {
    /// Lays the right-hand matrix out in panels.
    fn pack<T: Element>(&self, packed: &mut Vec<T>, element: impl Fn(usize, usize) -> T) {
        let [_, nr] = T::tile(self.kernel);
        packed.resize((self.depth * self.columns.next_multiple_of(nr)).max(packed.len()), T::ZERO);
        let mut rows = packed.chunks_exact_mut(nr);
        for first in (0..self.columns).step_by(nr) {
            for (p, row) in (0..self.depth).zip(&mut rows) {
                let columns = first..self.columns.min(first + nr);
                row.iter_mut().zip(columns).for_each(|(x, column)| *x = element(p, column));
            }
        }
    }

    /// The product `[pixels, columns]`, on this thread.
    fn compute<T: Element>(&self, image: &[T], packed: &[T], products: &mut Vec<T>) {
        let Self { pixels, depth, columns, .. } = *self;
        let [mr, nr] = T::tile(self.kernel);
        products.resize((pixels * columns).max(products.len()), T::ZERO);
        assert!(image.len() == pixels * depth && packed.len() >= depth * columns.next_multiple_of(nr));
        let strips = pixels.div_ceil(mr);
        for first in (0..columns).step_by(nr) {
            for strip in (0..strips).map(|i| part(pixels, i, strips)) {
                let walk = Walk {
                    counts: [1, 1, depth],
                    a: image[strip.start * depth..].as_ptr(),
                    a_steps: [0, 0, 1],
                    a_row: depth,
                    b: packed[first * depth..].as_ptr(),
                    b_steps: [0, 0, nr],
                    rows: strip.len(),
                    columns: nr.min(columns - first),
                    c: products[strip.start * columns + first..].as_mut_ptr(),
                    c_row: columns,
                    add: false,
                };
                // SAFETY: the strip is part of the image, the panel of `packed` and the tile of `products`, whose
                // lengths were asserted or made; the kernel is available.
                #[allow(unsafe_code)]
                unsafe {
                    T::walk(self.kernel, &walk);
                }
            }
        }
    }
}

/// Which pixels of `x` and which places of `y` meet under each tap of the kernel.
struct Taps<'a> {
    shape: &'a ConvShape,
    output: [usize; 2],
    count: usize,
}

/// Some neighbouring places of `y`, and the pixels of `x`, `stride` apart, that they meet under a tap.
struct Row {
    place: usize,
    pixel: usize,
    count: usize,
}

impl<'a> Taps<'a> {
    fn new(shape: &'a ConvShape) -> Self {
        Self { shape, output: shape.output().unwrap_or([0, 0]), count: shape.kernel[0] * shape.kernel[1] }
    }

    /// Places in `y`.
    fn places(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Calls `visit(tap, row)` for all that meet.
    fn for_each_row(&self, mut visit: impl FnMut(usize, Row)) {
        let ConvShape { image: [h, w], kernel: [kh, kw], stride, padding, .. } = *self.shape;
        let [oh, ow] = self.output;
        // The places whose window has pixel `tap` inside an image of this extent.
        let inside = |tap: usize, extent: usize, places: usize| {
            let first = padding.saturating_sub(tap).div_ceil(stride);
            let end = (extent + padding).saturating_sub(tap).div_ceil(stride).min(places);
            first..end.max(first)
        };
        for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
            let columns = inside(j, w, ow);
            if columns.is_empty() {
                continue;
            }
            for p in inside(i, h, oh) {
                let pixel = (p * stride + i - padding) * w + columns.start * stride + j - padding;
                visit(i * kw + j, Row { place: p * ow + columns.start, pixel, count: columns.len() });
            }
        }
    }
}
