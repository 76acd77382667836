//! Operands of 16 bits, laid out as tiles read them.
//!
//! The sum runs over pixels, so it is pixels that are paired, channel by channel: one pixel of `y` and the next, whatever
//! image they are in, and the pixels of `x` that these meet. Of `y` a channel becomes a row of pairs, once for all taps. Of
//! `x` the numbers are rounded once, with their border, and paired anew for each tap: two pixels that are neighbours under
//! one tap are not under another.

use super::{Source, Sum, Tile, block};
use crate::gemm::conv::batch::spread;
use crate::gemm::lane::{Lane, Number};
use crate::gemm::lay::lanes;
use crate::gemm::{Loop, Operand, run_vectorised};

/// Pairs and channels that are turned at a time.
const SIDE: usize = 8;

impl Sum<'_> {
    /// Adds what these images contribute.
    pub(super) fn add_paired<P: Operand>(
        &self,
        tiles: &[Tile],
        count: usize,
        x: &[P::Number],
        y: &[P::Number],
        sums: &mut [P::Number],
    ) {
        let ([oh, ow], block, outputs) = (self.grid(), block(self.shape), self.shape.outputs);
        let (length, distance) = (self.padded.len::<P::Number>(), spread(block));
        // Steps beyond the last one are zeros.
        let steps = lanes::<P>(count * oh * ow).next_multiple_of(P::routines(self.kernel).neighbours);
        let pixels = &self.pixels[..count * oh * ow];
        P::with_singles(count * length, |images| {
            let each = x.chunks_exact(x.len() / count).zip(images.chunks_exact_mut(length));
            each.for_each(|(x, image)| self.padded.write_singles::<P>(x, image));
            P::with_buffer(outputs * steps + steps * distance, |laid| {
                let (rows, met) = laid.split_at_mut(outputs * steps);
                run_vectorised(LayRows { y, outputs, steps, rows: &mut *rows });
                let mut paired = None;
                for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                    let place = tile.places.start / block * block;
                    if paired != Some([tile.kernel_row, place]) {
                        let first = tile.kernel_row * self.padded.row::<P::Number>() + place;
                        let pair = Pixels { images: &images[first..], pixels, block, distance, met };
                        match block {
                            // Each arm is compiled for its length.
                            4 => run_vectorised(PairUp::<P, 4>(pair)),
                            32 => run_vectorised(PairUp::<P, 32>(pair)),
                            64 => run_vectorised(PairUp::<P, 64>(pair)),
                            _ => run_vectorised(PairUp::<P, 0>(pair)),
                        }
                        paired = Some([tile.kernel_row, place]);
                    }
                    let (first, channel) = (tile.places.start - place, tile.outputs.start * steps);
                    let places = Source { laid: &*met, first, steps: [0, 0, distance], across: 1 };
                    let channels = Source { laid: &*rows, first: channel, steps: [0, 0, 1], across: steps };
                    self.add(tile, [1, 1, steps], &places, &channels, sums);
                }
            });
        });
    }

    /// Where each pixel that the first tap meets is in so many images with their borders.
    pub(super) fn pixels_of(&self, count: usize) -> Vec<usize> {
        let ([oh, ow], inputs, stride) = (self.grid(), self.shape.inputs, self.shape.stride);
        let [length, row] = [self.padded.len::<f32>(), self.padded.row::<f32>()];
        let at = |n: usize, u: usize, v: usize| n * length + u * stride * row + v * stride * inputs;
        (0..count).flat_map(|n| (0..oh).flat_map(move |u| (0..ow).map(move |v| at(n, u, v)))).collect()
    }
}

/// Pixels that are paired: `block` numbers of each with those of the next one, `distance` apart from step to step. What is
/// beyond the last pixel is zero.
struct Pixels<'a, P: Lane> {
    images: &'a [P::Single],
    pixels: &'a [usize],
    block: usize,
    distance: usize,
    met: &'a mut [P],
}

/// Pairs them; `BLOCK` is the block if that is not 0.
struct PairUp<'a, P: Lane, const BLOCK: usize>(Pixels<'a, P>);

impl<P: Lane, const BLOCK: usize> Loop for PairUp<'_, P, BLOCK> {
    #[inline(always)]
    fn run(self) {
        let Pixels { images, pixels, block, distance, met } = self.0;
        let block = if BLOCK > 0 { BLOCK } else { block };
        let (mut steps, (pairs, last)) = (met.chunks_exact_mut(distance), pixels.as_chunks());
        for (&[first, second], step) in pairs.iter().zip(&mut steps) {
            let (first, second) = (&images[first..][..block], &images[second..][..block]);
            for ((laid, &first), &second) in step[..block].iter_mut().zip(first).zip(second) {
                *laid = P::of_singles(|q| [first, second][q]);
            }
        }
        for (&pixel, step) in last.iter().zip(&mut steps) {
            for (laid, &single) in step.iter_mut().zip(&images[pixel..][..block]) {
                *laid = P::of_singles(|q| [single, P::Single::default()][q]);
            }
        }
        steps.for_each(|step| step[..block].fill(P::of(|_| P::Number::ZERO)));
    }
}

/// Lays the channels of `y` out in rows of `steps` operands, each made of two neighbouring pixels. What is beyond the last
/// pixel is zero.
struct LayRows<'a, P: Lane> {
    y: &'a [P::Number],
    outputs: usize,
    steps: usize,
    rows: &'a mut [P],
}

impl<P: Lane> Loop for LayRows<'_, P> {
    #[inline(always)]
    fn run(self) {
        let Self { y, outputs, steps, rows } = self;
        for (first, pixels) in (0..).step_by(SIDE).zip(y.chunks(2 * SIDE * outputs)) {
            for channel in (0..outputs).step_by(SIDE) {
                let whole = pixels.len() == 2 * SIDE * outputs && channel + SIDE <= outputs;
                let square = if whole { square(pixels, outputs, channel) } else { corner(pixels, outputs, channel) };
                for (i, row) in rows.chunks_exact_mut(steps).skip(channel).take(SIDE).enumerate() {
                    match row[first..].first_chunk_mut::<SIDE>() {
                        Some(row) => *row = std::array::from_fn(|p| square[p][i]),
                        None => row[first..].iter_mut().zip(&square).for_each(|(laid, pair)| *laid = pair[i]),
                    }
                }
            }
        }
        let filled = y.len().div_ceil(2 * SIDE * outputs) * SIDE;
        for row in rows.chunks_exact_mut(steps).filter(|_| filled < steps) {
            row[filled..].fill(P::of(|_| P::Number::ZERO));
        }
    }
}

/// Eight pairs of pixels, and of these eight channels.
#[inline(always)]
fn square<P: Lane>(pixels: &[P::Number], outputs: usize, channel: usize) -> [[P; SIDE]; SIDE] {
    let mut square = [[P::of(|_| P::Number::ZERO); SIDE]; SIDE];
    for (p, pairs) in square.iter_mut().enumerate() {
        let [first, second] = [2 * p, 2 * p + 1].map(|pixel| &pixels[pixel * outputs + channel..][..SIDE]);
        for (i, pair) in pairs.iter_mut().enumerate() {
            *pair = P::of(|q| [first[i], second[i]][q]);
        }
    }
    square
}

/// The same where there are fewer of either; the others are zero.
fn corner<P: Lane>(pixels: &[P::Number], outputs: usize, channel: usize) -> [[P; SIDE]; SIDE] {
    let number = |pixel: usize, channel: usize| {
        let number = pixels.get(pixel * outputs + channel).filter(|_| channel < outputs);
        number.copied().unwrap_or(P::Number::ZERO)
    };
    std::array::from_fn(|p| std::array::from_fn(|i| P::of(|q| number(2 * p + q, channel + i))))
}
