//! The gradient of a convolution's kernel: a sum over all pixels of all images.
//!
//! The numbers that a tile multiplies lie a pixel apart, and of a pixel it takes a few. Read where they are, they come
//! from far away again for every tile. So where several tiles read the same numbers, these are copied first, as many as
//! stay in the near cache: those under one tap of the kernel, and each tile's channels of `y` one after the other.
//!
//! The sum runs over pixels, so where 16-bit operands are pairs, what is paired are neighbouring pixels, channel by channel:
//! of `y` the places `v` and `v + 1`, and of `x` what they meet, pixels a stride apart.

use super::batch::spread;
use super::padded::Padded;
use super::shape::{ConvShape, STEPS};
use super::window::Axis;
use crate::gemm::lane::{Lane, Number};
use crate::gemm::lay::{lanes, lay_across, lay_across_here};
use crate::gemm::split::part;
use crate::gemm::tile::Steps;
use crate::gemm::walk::Walk;
use crate::gemm::{Kernel, Operand, vectorised};
use rayon::prelude::*;
use std::ops::Range;

/// Fewer channels than this fill a vector of them badly.
const FEW: usize = 8;

/// For one row of the kernel, `w[i]` is a matrix whose rows are the places of the window's row, `(j, c)`, neighbours
/// in `x`, and whose columns are the channels of `y`. It is cut into tiles.
#[derive(Clone, Debug)]
struct Tile {
    /// `i`.
    kernel_row: usize,
    /// `(j, c)` as `j·inputs + c`.
    places: Range<usize>,
    /// Channels of `y`.
    outputs: Range<usize>,
    /// Rows and columns of `y` where one of these places is not in the border.
    met: [Range<usize>; 2],
}

/// `w` of `x` and `y`.
pub fn convolve_weights<P: Operand>(
    kernel: Kernel,
    shape: &ConvShape,
    x: &[P::Number],
    y: &[P::Number],
    w: &mut [P::Number],
) {
    let Some([oh, ow]) = shape.output().filter(|_| !w.is_empty()) else { return w.fill(P::Number::ZERO) };
    let [mr, nr] = P::routines(kernel).tile;
    let places = shape.kernel[1] * shape.inputs;
    // The longer side along the vectors.
    let across_outputs = shape.outputs >= FEW.min(places);
    let [height, width] = if across_outputs { [mr, nr] } else { [nr, mr] };
    let axes = [0, 1].map(|axis| Axis::of(shape, axis));
    let tiles = tiles(shape, &axes, [height, width]);
    let extent = |axis: usize, count: usize| (count - 1) * shape.stride + shape.kernel[axis];
    let sum = Sum {
        kernel,
        shape,
        axes,
        padded: Padded {
            image: shape.image,
            channels: shape.inputs,
            before: [shape.padding; 2],
            extent: [extent(0, oh), extent(1, ow)],
        },
        across_outputs,
        row: if across_outputs { width } else { height },
        width,
        tile_len: height * width,
    };
    P::Number::with_buffer(tiles.len() * sum.tile_len, |sums| {
        sums.fill(P::Number::ZERO); // what an empty batch adds up to
        let together = tiles.len().div_ceil(rayon::current_num_threads());
        let pieces = sums.par_chunks_mut(together * sum.tile_len).zip(tiles.par_chunks(together));
        pieces.for_each(|(sums, tiles)| sum.add_up::<P>(tiles, x, y, sums));
        let block = block(shape) * shape.outputs;
        let in_block = tiles.len() / (w.len() / block);
        let blocks = w.par_chunks_exact_mut(block).zip(tiles.par_chunks_exact(in_block));
        let blocks = blocks.zip(sums.par_chunks_exact(in_block * sum.tile_len));
        blocks.for_each(|((w, tiles), sums)| sum.put_in_order(tiles, sums, w));
    });
}

/// Places in a block of `w` that is cut into tiles: those of one `j`, or of all where the channels are few.
fn block(shape: &ConvShape) -> usize {
    if shape.inputs < FEW { shape.kernel[1] * shape.inputs } else { shape.inputs }
}

/// The tiles of all rows of the kernel, in even strips no larger than `[height, width]`, of one `j` each where there
/// are channels enough.
fn tiles(shape: &ConvShape, axes: &[Axis; 2], [height, width]: [usize; 2]) -> Vec<Tile> {
    let places = shape.kernel[1] * shape.inputs;
    let block = block(shape);
    let strips = block.div_ceil(height);
    let strip = |first: usize, i: usize| {
        let part = part(block, i, strips);
        first + part.start..first + part.end
    };
    let mut tiles = Vec::new();
    for kernel_row in 0..shape.kernel[0] {
        let rows = axes[0].places(kernel_row..kernel_row + 1);
        for places in (0..places).step_by(block).flat_map(|first| (0..strips).map(move |i| strip(first, i))) {
            let taps = places.start / shape.inputs..places.end.div_ceil(shape.inputs);
            let columns = axes[1].places(taps);
            tiles.extend((0..shape.outputs).step_by(width).map(|first| Tile {
                kernel_row,
                places: places.clone(),
                outputs: first..(first + width).min(shape.outputs),
                met: [rows.clone(), columns.clone()],
            }));
        }
    }
    tiles
}

/// What all tiles have in common.
struct Sum<'a> {
    kernel: Kernel,
    shape: &'a ConvShape,
    axes: [Axis; 2],
    padded: Padded,
    /// Whether the columns of a register tile are channels of `y`, or else places in `x`.
    across_outputs: bool,
    /// Numbers in a row of a tile.
    row: usize,
    /// Channels of `y` in a tile, at most.
    width: usize,
    /// Numbers in a tile.
    tile_len: usize,
}

/// Operands that a tile multiplies: those of the first pixel, and how far it is to the next image's, the next row's and
/// the next pixel's.
struct Source<'a, P> {
    laid: &'a [P],
    first: usize,
    steps: [usize; 3],
}

/// Some images as operands: with their borders, or as they are, where no border is read.
#[derive(Clone, Copy)]
struct Images<'a, P> {
    laid: &'a [P],
    /// `[height, width]`.
    extent: [usize; 2],
    /// Rows and columns of the border that are not there.
    without: usize,
}

/// Some images' pixels of `y`, as operands made of neighbours in a row, channel by channel: in panels so many channels
/// wide, pixel after pixel in each.
struct Channels<'a, P> {
    laid: &'a [P],
    width: usize,
}

impl Sum<'_> {
    /// `[h, w]` of `y`.
    fn grid(&self) -> [usize; 2] {
        self.axes.map(|axis| axis.places)
    }

    /// Whether the same numbers are read by so many tiles that it pays to copy them together.
    fn reads_often(&self) -> bool {
        self.shape.inputs >= FEW && self.across_outputs && self.shape.outputs > self.row
    }

    /// Some tiles' sums over the whole batch, on this thread: some images at a time, so that these stay near while
    /// every tile visits them.
    fn add_up<P: Operand>(&self, tiles: &[Tile], x: &[P::Number], y: &[P::Number], sums: &mut [P::Number]) {
        let (batch, [oh, ow]) = (self.shape.batch, self.grid());
        let (x_len, y_len) = (x.len() / batch.max(1), y.len() / batch.max(1));
        let together = STEPS.div_ceil(oh * ow).min(batch).max(1);
        for first in (0..batch).step_by(together) {
            let count = together.min(batch - first);
            let x = &x[first * x_len..][..count * x_len];
            let y = &y[first * y_len..][..count * y_len];
            self.with_images::<P>(count, x, &mut |images| {
                self.with_channels(count, y, &mut |channels| self.add_images(tiles, count, images, channels, sums));
            });
        }
    }

    /// Writes the sums of a block's tiles to where they belong in `w`, from where the block begins.
    fn put_in_order<T: Number>(&self, tiles: &[Tile], sums: &[T], w: &mut [T]) {
        let outputs = self.shape.outputs;
        let first = tiles[0].places.start;
        for (tile, sums) in tiles.iter().zip(sums.chunks_exact(self.tile_len)) {
            let rows = w[(tile.places.start - first) * outputs..].chunks_exact_mut(outputs);
            for (i, row) in rows.take(tile.places.len()).enumerate() {
                let row = &mut row[tile.outputs.clone()];
                if self.across_outputs {
                    row.copy_from_slice(&sums[i * self.row..][..row.len()]);
                } else {
                    row.iter_mut().zip(sums[i..].iter().step_by(self.row)).for_each(|(w, &sum)| *w = sum);
                }
            }
        }
    }

    /// Lends some images as operands, each made of a number and those that neighbouring places meet with the same tap:
    /// `stride` pixels further, and so on. Where that is beyond the row it is zero.
    fn with_images<P: Operand>(&self, count: usize, x: &[P::Number], work: &mut dyn FnMut(Images<P>)) {
        // A copy of what one tap meets has nothing of the border in it.
        if let Some(laid) = P::in_place(x).filter(|_| self.reads_often() || self.padded.is_image()) {
            return work(Images { laid, extent: self.shape.image, without: self.shape.padding });
        }
        let [row, length] = [self.padded.row::<P::Number>(), self.padded.len::<P::Number>()];
        let shift = (self.shape.stride * self.shape.inputs).min(row);
        P::with_buffer(count * length, |images| {
            for (x, image) in x.chunks_exact(x.len() / count).zip(images.chunks_exact_mut(length)) {
                if P::NUMBERS == 1 {
                    self.padded.write(x, image);
                    continue;
                }
                P::Number::with_buffer(length, |padded| {
                    self.padded.write(x, padded);
                    for (numbers, laid) in padded.chunks_exact(row).zip(image.chunks_exact_mut(row)) {
                        let (whole, last) = laid.split_at_mut(row - shift);
                        lay_across(|q| Some(&numbers[q * shift..][..row - shift]), whole);
                        lay_across(|q| (q == 0).then(|| &numbers[row - shift..]), last);
                    }
                });
            }
            work(Images { laid: images, extent: self.padded.extent, without: 0 });
        });
    }

    /// Lends some images' channels: where they are, or in panels as wide as a tile if they are read often.
    fn with_channels<P: Operand>(&self, count: usize, y: &[P::Number], work: &mut dyn FnMut(&Channels<P>)) {
        let ([oh, ow], outputs, reads_often) = (self.grid(), self.shape.outputs, self.reads_often());
        if let Some(laid) = P::in_place(y).filter(|_| !reads_often) {
            return work(&Channels { laid, width: outputs });
        }
        let width = if reads_often { self.width } else { outputs };
        let pixels = count * oh * lanes::<P>(ow);
        P::with_buffer(outputs.next_multiple_of(width) * pixels, |panels| {
            for (panel, first) in panels.chunks_exact_mut(pixels * width).zip((0..outputs).step_by(width)) {
                let channels = width.min(outputs - first);
                vectorised(|| match channels {
                    // Each arm is compiled for its width.
                    32 => lay_panel(y, [ow, outputs, first, 32], width, panel),
                    16 => lay_panel(y, [ow, outputs, first, 16], width, panel),
                    _ => lay_panel(y, [ow, outputs, first, channels], width, panel),
                });
            }
            work(&Channels { laid: panels, width });
        });
    }

    /// The channels of a tile, from the first pixel that it meets on.
    fn channels_of<'a, P: Operand>(&self, tile: &Tile, count: usize, channels: &Channels<'a, P>) -> Source<'a, P> {
        let ([oh, ow], &Channels { laid, width }) = (self.grid(), channels);
        let row = lanes::<P>(ow);
        let [us, vs] = met_by::<P>(tile);
        let panel = tile.outputs.start / width * count * oh * row * width + tile.outputs.start % width;
        let first = panel + (us.start * row + vs.start) * width;
        Source { laid, first, steps: [oh * row * width, row * width, width] }
    }

    /// Places of a tile from this one on in the images, from the first pixel that it meets on.
    fn places_of<'a, P: Operand>(&self, tile: &Tile, place: usize, images: Images<'a, P>) -> Source<'a, P> {
        let (ConvShape { inputs, stride, .. }, Images { laid, extent: [height, width], without }) =
            (*self.shape, images);
        let ([us, vs], row, across) = (met_by::<P>(tile), width * inputs, P::NUMBERS * stride * inputs);
        let first = (us.start * stride + tile.kernel_row) * row + vs.start * across + place;
        let border = without * (row + inputs); // in which no pixel lies that is met
        Source { laid, first: first.saturating_sub(border), steps: [height * row, stride * row, across] }
    }

    /// Adds what these images contribute, read where it is or, if it is read often, from copies of what is under each tap,
    /// [`spread`] apart.
    fn add_images<P: Operand>(
        &self,
        tiles: &[Tile],
        count: usize,
        images: Images<P>,
        channels: &Channels<P>,
        sums: &mut [P::Number],
    ) {
        let ([oh, ow], inputs, copies) = (self.grid(), self.shape.inputs, self.reads_often());
        let distance = spread(inputs);
        P::with_buffer(if copies { count * oh * lanes::<P>(ow) * distance } else { 0 }, |met| {
            let mut copied = None;
            for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                let channels = self.channels_of(tile, count, channels);
                if !copies {
                    let places = self.places_of(tile, tile.places.start, images);
                    self.add(tile, count, &places, &channels, sums);
                    continue;
                }
                let tap = [tile.kernel_row, tile.places.start / inputs];
                if copied != Some(tap) {
                    self.copy_met(tile, count, images, met);
                    copied = Some(tap);
                }
                let [us, vs] = met_by::<P>(tile).map(|met| met.len());
                let steps = [us * vs * distance, vs * distance, distance];
                let places = Source { laid: &*met, first: tile.places.start % inputs, steps };
                self.add(tile, count, &places, &channels, sums);
            }
        });
    }

    /// Copies all that is under the tap of this tile.
    fn copy_met<P: Operand>(&self, tile: &Tile, count: usize, images: Images<P>, copies: &mut [P]) {
        let inputs = self.shape.inputs;
        let Source { laid, first, steps } = self.places_of(tile, tile.places.start / inputs * inputs, images);
        let [us, vs] = met_by::<P>(tile).map(|met| met.len());
        let pixels = (0..count).flat_map(|n| (0..us).flat_map(move |u| (0..vs).map(move |v| [n, u, v])));
        for (pixel, copy) in pixels.zip(copies.chunks_exact_mut(spread(inputs))) {
            let from = first + pixel.iter().zip(steps).map(|(i, step)| i * step).sum::<usize>();
            copy[..inputs].copy_from_slice(&laid[from..][..inputs]);
        }
    }

    /// Adds the products of all pixels that a tile meets in `count` images.
    fn add<P: Operand>(
        &self,
        tile: &Tile,
        count: usize,
        places: &Source<P>,
        channels: &Source<P>,
        sums: &mut [P::Number],
    ) {
        let [us, vs] = met_by::<P>(tile).map(|met| met.len());
        let counts = [count, us, vs];
        if counts.contains(&0) {
            return;
        }
        assert!(sums.len() == self.tile_len);
        let (places, channels) = ((places, tile.places.len()), (channels, tile.outputs.len()));
        let (down, across) = if self.across_outputs { (places, channels) } else { (channels, places) };
        let ((a, rows), (b, columns)) = (down, across);
        let steps = Steps {
            counts,
            a: a.steps,
            a_row: 1,
            b: b.steps,
            b_is_full: false,
            rows,
            columns,
            c_row: self.row,
            add: true,
        };
        Walk { steps, a: &a.laid[a.first..], b: &b.laid[b.first..], c: sums }.run(self.kernel);
    }
}

/// `channels` channels of `y` from `first` on, as operands, `width` apart; `y` has rows of `places` pixels of `outputs`.
#[inline(always)]
fn lay_panel<P: Operand>(
    y: &[P::Number],
    [places, outputs, first, channels]: [usize; 4],
    width: usize,
    panel: &mut [P],
) {
    let mut panel = panel.chunks_exact_mut(width);
    for row in y.chunks_exact(places * outputs) {
        for v in (0..places).step_by(P::NUMBERS) {
            let laid = &mut panel.next().expect("room for every pixel")[..channels];
            let channels = |v: usize| (v < places).then(|| &row[v * outputs + first..][..channels]);
            lay_across_here(|q| channels(v + q), laid);
        }
    }
}

/// Rows of `y` where a tile's places are not all in the border, and operands of such a row.
fn met_by<P: Operand>(tile: &Tile) -> [Range<usize>; 2] {
    let [rows, columns] = tile.met.clone();
    [rows, columns.start / P::NUMBERS..lanes::<P>(columns.end)]
}
