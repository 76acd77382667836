//! Convolutions whose result has few channels, such as the one that draws a grey image.
//!
//! A window that moves over the image would leave most lanes of a vector empty. So first each pixel is multiplied
//! with all of the kernel, `[pixels, depth]·[depth, taps·channels]`, and then the products are added up where they
//! belong.

use super::batch::Finish;
use super::shape::ConvShape;
use super::window::Axis;
use crate::gemm::lane::{Lane, Number};
use crate::gemm::lay::{lanes, lay_along};
use crate::gemm::split::part;
use crate::gemm::tile::Steps;
use crate::gemm::walk::Walk;
use crate::gemm::{Kernel, Operand, in_chunks};
use std::marker::PhantomData;

/// `y` of `x` and `w`.
pub fn convolve<P: Operand>(
    kernel: Kernel,
    shape: &ConvShape,
    x: &[P::Number],
    w: &[P::Number],
    y: &mut [P::Number],
    finish: &Finish<P::Number>,
) {
    let (taps, ConvShape { inputs, outputs, .. }) = (Taps::new(shape), *shape);
    let pixels = shape.image[0] * shape.image[1];
    let product = PixelProduct::<P>::new(kernel, pixels, inputs, taps.count * outputs);
    let weight = |c, column| w[(column / outputs * inputs + c) * outputs + column % outputs];
    let way = |row: &Row| [Strided { first: row.pixel, step: shape.stride }, Strided { first: row.place, step: 1 }];
    run_batch(&product, &taps, weight, x, y, way, finish);
}

/// `x` of `y` and `w`.
pub fn convolve_transposed<P: Operand>(
    kernel: Kernel,
    shape: &ConvShape,
    y: &[P::Number],
    w: &[P::Number],
    x: &mut [P::Number],
    finish: &Finish<P::Number>,
) {
    let (taps, ConvShape { inputs, outputs, .. }) = (Taps::new(shape), *shape);
    let product = PixelProduct::<P>::new(kernel, taps.places(), outputs, taps.count * inputs);
    let weight = |d, column| w[column * outputs + d];
    let way = |row: &Row| [Strided { first: row.place, step: 1 }, Strided { first: row.pixel, step: shape.stride }];
    run_batch(&product, &taps, weight, y, x, way, finish);
}

/// Some pixels, or places, in equal steps.
struct Strided {
    first: usize,
    step: usize,
}

/// Multiplies every image of `input` and adds the products up in `output`: a tap's, from where a row of them was
/// computed to where it belongs, as `way` says.
fn run_batch<P: Operand>(
    product: &PixelProduct<P>,
    taps: &Taps,
    weight: impl Fn(usize, usize) -> P::Number,
    input: &[P::Number],
    output: &mut [P::Number],
    way: impl Fn(&Row) -> [Strided; 2] + Sync,
    finish: &Finish<P::Number>,
) {
    let (input_len, channels) = (product.pixels * product.depth, product.columns / taps.count);
    let output_len = output.len() / taps.shape.batch.max(1);
    P::with_buffer(product.packed_len(), |packed| {
        product.pack(packed, weight);
        in_chunks(output, output_len, &|n, sums| {
            P::Number::with_buffer(product.pixels * product.columns, |products| {
                product.compute(&input[n * input_len..][..input_len], packed, products);
                sums.fill(P::Number::ZERO);
                taps.for_each_row(|tap, row| {
                    let [from, to] = way(&row);
                    let [from_step, to_step] = [from.step * product.columns, to.step * channels];
                    for c in 0..channels {
                        let products = &products[from.first * product.columns + tap * channels + c..];
                        let sums = &mut sums[to.first * channels + c..];
                        (0..row.count).for_each(|i| sums[i * to_step] += products[i * from_step]);
                    }
                });
            });
            finish(sums);
        });
    });
}

/// An image as a matrix `[pixels, depth]`, times a matrix `[depth, columns]`.
struct PixelProduct<P> {
    operand: PhantomData<P>,
    kernel: Kernel,
    pixels: usize,
    depth: usize,
    columns: usize,
}

impl<P: Operand> PixelProduct<P> {
    fn new(kernel: Kernel, pixels: usize, depth: usize, columns: usize) -> Self {
        Self { operand: PhantomData, kernel, pixels, depth, columns }
    }

    /// Operands of the right-hand matrix in panels.
    fn packed_len(&self) -> usize {
        lanes::<P>(self.depth) * self.columns.next_multiple_of(P::routines(self.kernel).tile[1])
    }

    /// Lays the right-hand matrix out in panels.
    fn pack(&self, packed: &mut [P], element: impl Fn(usize, usize) -> P::Number) {
        let [_, nr] = P::routines(self.kernel).tile;
        let mut rows = packed.chunks_exact_mut(nr);
        let element = |p, column| if p < self.depth { element(p, column) } else { P::Number::ZERO };
        for first in (0..self.columns).step_by(nr) {
            for (p, row) in (0..lanes::<P>(self.depth)).zip(&mut rows) {
                let columns = first..self.columns.min(first + nr);
                row.iter_mut().zip(columns).for_each(|(x, column)| *x = P::of(|q| element(p * P::NUMBERS + q, column)));
            }
        }
    }

    /// The product `[pixels, columns]`, on this thread.
    fn compute(&self, image: &[P::Number], packed: &[P], products: &mut [P::Number]) {
        assert!(image.len() == self.pixels * self.depth && packed.len() >= self.packed_len());
        if let Some(image) = P::in_place(image) {
            return self.multiply(image, packed, products);
        }
        P::with_buffer(self.pixels * lanes::<P>(self.depth), |laid| {
            lay_along(image, self.depth, laid);
            self.multiply(laid, packed, products);
        });
    }

    /// The product of the image's operands.
    fn multiply(&self, image: &[P], packed: &[P], products: &mut [P::Number]) {
        let Self { pixels, columns, .. } = *self;
        let (depth, [mr, nr]) = (lanes::<P>(self.depth), P::routines(self.kernel).tile);
        assert!(products.len() == pixels * columns);
        let strips = pixels.div_ceil(mr);
        for first in (0..columns).step_by(nr) {
            for strip in (0..strips).map(|i| part(pixels, i, strips)) {
                let steps = Steps {
                    counts: [1, 1, depth],
                    a: [0, 0, 1],
                    a_row: depth,
                    b: [0, 0, nr],
                    b_is_full: true,
                    places: [0, 0],
                    rows: strip.len(),
                    columns: nr.min(columns - first),
                    c_row: columns,
                    add: false,
                };
                Walk {
                    steps,
                    a: &image[strip.start * depth..],
                    b: &packed[first * depth..],
                    c: &mut products[strip.start * columns + first..],
                }
                .run(self.kernel);
            }
        }
    }
}

/// Which pixels of `x` and which places of `y` meet under each tap of the kernel.
struct Taps<'a> {
    shape: &'a ConvShape,
    axes: [Axis; 2],
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
        let axes = [0, 1].map(|axis| Axis::of(shape, axis));
        Self { shape, axes, count: shape.kernel[0] * shape.kernel[1] }
    }

    /// Places in `y`.
    fn places(&self) -> usize {
        self.axes[0].places * self.axes[1].places
    }

    /// Calls `visit(tap, row)` for all that meet.
    fn for_each_row(&self, mut visit: impl FnMut(usize, Row)) {
        let [kh, kw] = self.shape.kernel;
        let [down, across] = self.axes;
        for (i, j) in (0..kh).flat_map(|i| (0..kw).map(move |j| (i, j))) {
            let columns = across.places(j..j + 1);
            if columns.is_empty() {
                continue;
            }
            for p in down.places(i..i + 1) {
                let pixel = down.pixel(p, i) * across.image + across.pixel(columns.start, j);
                visit(i * kw + j, Row { place: p * across.places + columns.start, pixel, count: columns.len() });
            }
        }
    }
}
