//! The gradient of a convolution's kernel: a sum over all pixels of all images.
//!
//! The numbers that a tile multiplies lie a pixel apart, and of a pixel it takes a few. Read where they are, they come
//! from far away again for every tile. So where several tiles read the same numbers, these are copied first, as many as
//! stay in the near cache: those under one tap of the kernel, and each tile's channels of `y` one after the other.

use super::batch::spread;
use super::padded::Padded;
use super::shape::{ConvShape, STEPS};
use super::window::Axis;
use crate::gemm::split::part;
use crate::gemm::tile::Steps;
use crate::gemm::walk::Walk;
use crate::gemm::{Element, Kernel};
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
pub fn convolve_weights<T: Element>(kernel: Kernel, shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    let Some([oh, ow]) = shape.output().filter(|_| !w.is_empty()) else { return w.fill(T::ZERO) };
    let [mr, nr] = T::routines(kernel).tile;
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
        tile_len: height * width,
    };
    T::with_buffer(tiles.len() * sum.tile_len, |sums| {
        sums.fill(T::ZERO); // what an empty batch adds up to
        let together = tiles.len().div_ceil(rayon::current_num_threads());
        let pieces = sums.par_chunks_mut(together * sum.tile_len).zip(tiles.par_chunks(together));
        pieces.for_each(|(sums, tiles)| sum.add_up(tiles, x, y, sums));
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
    /// Numbers in a row of a tile, and in all of it.
    row: usize,
    tile_len: usize,
}

/// Numbers that a tile multiplies: those of the first pixel, and how far it is to the next image's, the next row's and
/// the next pixel's.
struct Source<'a, T> {
    numbers: &'a [T],
    first: usize,
    steps: [usize; 3],
}

impl Sum<'_> {
    /// `[h, w]` of `y`.
    fn grid(&self) -> [usize; 2] {
        self.axes.map(|axis| axis.places)
    }

    /// Some tiles' sums over the whole batch, on this thread: some images at a time, so that these stay near while
    /// every tile visits them.
    fn add_up<T: Element>(&self, tiles: &[Tile], x: &[T], y: &[T], sums: &mut [T]) {
        let (batch, [oh, ow], ConvShape { inputs, outputs, .. }) = (self.shape.batch, self.grid(), *self.shape);
        let (x_len, y_len) = (x.len() / batch.max(1), y.len() / batch.max(1));
        let together = STEPS.div_ceil(oh * ow).min(batch).max(1);
        for first in (0..batch).step_by(together) {
            let count = together.min(batch - first);
            let x = &x[first * x_len..][..count * x_len];
            let y = &y[first * y_len..][..count * y_len];
            if inputs >= FEW && self.across_outputs && outputs > self.row {
                self.add_copied(tiles, count, x, y, sums);
            } else {
                self.add_in_place(tiles, count, x, y, sums);
            }
        }
    }

    /// Writes the sums of a block's tiles to where they belong in `w`, from where the block begins.
    fn put_in_order<T: Element>(&self, tiles: &[Tile], sums: &[T], w: &mut [T]) {
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

    /// Adds what these images contribute, read where it is but for a border.
    fn add_in_place<T: Element>(&self, tiles: &[Tile], count: usize, x: &[T], y: &[T], sums: &mut [T]) {
        let ([oh, ow], ConvShape { inputs, outputs, stride, .. }) = (self.grid(), *self.shape);
        let (length, row) = (self.padded.len(), self.padded.row());
        let border = if self.padded.is_image() { 0 } else { count * length };
        T::with_buffer(border, |scratch| {
            let images = if self.padded.is_image() { x } else { self.pad(x, count, scratch) };
            for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                let [u, v] = tile.met.each_ref().map(|met| met.start);
                let pixel = (u * stride + tile.kernel_row) * row + v * stride * inputs;
                let steps = [length, stride * row, stride * inputs];
                let places = Source { numbers: images, first: pixel + tile.places.start, steps };
                let steps = [oh * ow * outputs, ow * outputs, outputs];
                let channels = Source { numbers: y, first: (u * ow + v) * outputs + tile.outputs.start, steps };
                self.add(tile, count, &places, &channels, sums);
            }
        });
    }

    fn pad<'s, T: Element>(&self, x: &[T], count: usize, scratch: &'s mut [T]) -> &'s [T] {
        let length = self.padded.len();
        let padded = &mut scratch[..count * length];
        padded.chunks_exact_mut(length).zip(x.chunks_exact(x.len() / count)).for_each(|(p, x)| self.padded.write(x, p));
        padded
    }

    /// Adds what these images contribute, read from copies: `y` in panels of a tile's columns, and under each tap the
    /// pixels of `x` that it meets. There is no border then.
    fn add_copied<T: Element>(&self, tiles: &[Tile], count: usize, x: &[T], y: &[T], sums: &mut [T]) {
        let ([oh, ow], ConvShape { inputs, outputs, .. }) = (self.grid(), *self.shape);
        let (nr, pixels, distance) = (self.row, count * oh * ow, spread(inputs));
        T::with_buffer(outputs.div_ceil(nr) * pixels * nr, |panels| {
            for (pixel, y) in y.chunks_exact(outputs).enumerate() {
                for (panel, y) in panels.chunks_exact_mut(pixels * nr).zip(y.chunks(nr)) {
                    panel[pixel * nr..][..y.len()].copy_from_slice(y);
                }
            }
            T::with_buffer(pixels * distance, |met| {
                let mut copied = None;
                for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                    let tap = [tile.kernel_row, tile.places.start / inputs];
                    if copied != Some(tap) {
                        self.copy_met(tap, &tile.met, count, x, met);
                        copied = Some(tap);
                    }
                    let [us, vs] = &tile.met;
                    let steps = [us.len() * vs.len() * distance, vs.len() * distance, distance];
                    let places = Source { numbers: met, first: tile.places.start % inputs, steps };
                    let first = tile.outputs.start * pixels + (us.start * ow + vs.start) * nr;
                    let channels = Source { numbers: panels, first, steps: [oh * ow * nr, ow * nr, nr] };
                    self.add(tile, count, &places, &channels, sums);
                }
            });
        });
    }

    /// Copies the pixels of `x` that a tap meets, [`spread`] apart.
    fn copy_met<T: Element>(&self, tap: [usize; 2], met: &[Range<usize>; 2], count: usize, x: &[T], copies: &mut [T]) {
        let (ConvShape { image: [_, width], inputs, .. }, [down, across]) = (*self.shape, self.axes);
        let mut copies = copies.chunks_exact_mut(spread(inputs));
        for image in x.chunks_exact(x.len() / count) {
            for (u, v) in met[0].clone().flat_map(|u| met[1].clone().map(move |v| (u, v))) {
                let [i, j] = [down.pixel(u, tap[0]), across.pixel(v, tap[1])];
                let copy = copies.next().expect("room for every pixel");
                copy[..inputs].copy_from_slice(&image[(i * width + j) * inputs..][..inputs]);
            }
        }
    }

    /// Adds the products of all pixels that a tile meets in `count` images.
    fn add<T: Element>(&self, tile: &Tile, count: usize, places: &Source<T>, channels: &Source<T>, sums: &mut [T]) {
        let counts = [count, tile.met[0].len(), tile.met[1].len()];
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
        Walk { steps, a: &a.numbers[a.first..], b: &b.numbers[b.first..], c: sums }.run(self.kernel);
    }
}
