//! The gradient of a convolution's kernel: a sum over all pixels of all images.
//!
//! For one tap of the kernel it is a matrix product, of the pixels of `x` that the tap meets and those of `y`. Its result is
//! cut into tiles, and each is summed over all images, some at a time, so that what its tiles multiply stays in a near
//! cache: numbers where they lie, as far as that goes (`in_place.rs`); operands of 16 bits, which have to be made anyway, as they
//! are wanted (`paired.rs`).
//!
//! Tiles are shared out among the threads. Where they are few, or each thread would have to lay the same images out, the
//! images are shared out too: in pieces that do not depend on the number of threads, whose sums are then added in their order.

mod in_place;
mod paired;

use super::padded::Padded;
use super::shape::ConvShape;
use super::window::Axis;
use crate::gemm::lane::{Lane, Number};
use crate::gemm::split::part;
use crate::gemm::tile::Steps;
use crate::gemm::walk::Walk;
use crate::gemm::{Kernel, Operand};
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
) where
    P::Number: Operand<Number = P::Number>,
{
    let Some(output) = shape.output().filter(|_| !w.is_empty()) else { return w.fill(P::Number::ZERO) };
    let (sum, paired, threads) = (Sum::new::<P>(kernel, shape, output), P::NUMBERS > 1, rayon::current_num_threads());
    let (tiles, pieces) = (sum.tiles(), shape.pieces(paired));
    let length = tiles.len() * sum.tile_len;
    P::Number::with_buffer(pieces * length, |sums| {
        sums.fill(P::Number::ZERO); // what an empty batch adds up to
        // Whoever lays out images does so rather with some of them for all tiles than with all for some. But the sums of
        // few tiles stay nearer.
        let together = tiles.len().div_ceil(if paired { threads.div_ceil(pieces) } else { threads });
        sums.par_chunks_mut(length).enumerate().for_each(|(piece, sums)| {
            let images = part(shape.batch, piece, pieces);
            let shares = sums.par_chunks_mut(together * sum.tile_len).zip(tiles.par_chunks(together));
            shares.for_each(|(sums, tiles)| sum.add_up::<P>(tiles, images.clone(), x, y, sums));
        });
        let block = block(shape) * shape.outputs;
        let in_block = tiles.len() / (w.len() / block);
        let (first, others) = sums.split_at_mut(length);
        let blocks = first.par_chunks_exact_mut(in_block * sum.tile_len).zip(tiles.par_chunks_exact(in_block));
        blocks.zip(w.par_chunks_exact_mut(block)).enumerate().for_each(|(i, ((sums, tiles), w))| {
            for other in others.chunks_exact(length) {
                let other = &other[i * sums.len()..];
                sums.iter_mut().zip(other).for_each(|(sum, &other)| *sum += other);
            }
            sum.put_in_order(tiles, sums, w);
        });
    });
}

/// Places in a block of `w` that is cut into tiles: those of one `j`, or of all where the channels are few.
fn block(shape: &ConvShape) -> usize {
    if shape.inputs < FEW { shape.kernel[1] * shape.inputs } else { shape.inputs }
}

/// What all tiles have in common.
struct Sum<'a> {
    kernel: Kernel,
    shape: &'a ConvShape,
    axes: [Axis; 2],
    padded: Padded,
    /// Whether the columns of a register tile are channels of `y`, or else places in `x`.
    across_outputs: bool,
    /// Places in a tile, and channels of `y`, at most.
    extent: [usize; 2],
    /// Numbers in a row of a tile.
    row: usize,
    /// Numbers in a tile.
    tile_len: usize,
    /// Of pairs, where the first tap meets each pixel of as many images as are taken at a time.
    pixels: Vec<usize>,
}

/// Operands that a tile multiplies: those of the first pixel, and how far it is to the next image's, the next row's and
/// the next pixel's.
struct Source<'a, P> {
    laid: &'a [P],
    first: usize,
    steps: [usize; 3],
    /// From one row or column of the tile to the next.
    across: usize,
}

impl<'a> Sum<'a> {
    fn new<P: Operand>(kernel: Kernel, shape: &'a ConvShape, output: [usize; 2]) -> Self {
        let [mr, nr] = P::routines(kernel).tile;
        // Numbers lie with the longer side along the vectors. Of pairs the rows are channels of y, which are laid out once
        // for all taps, so that steps are neighbours.
        let across_outputs = P::NUMBERS == 1 && shape.outputs >= FEW.min(shape.kernel[1] * shape.inputs);
        let extent = |axis: usize| (output[axis] - 1) * shape.stride + shape.kernel[axis];
        let mut sum = Self {
            kernel,
            shape,
            axes: [0, 1].map(|axis| Axis::of(shape, axis)),
            padded: Padded {
                image: shape.image,
                channels: shape.inputs,
                before: [shape.padding; 2],
                extent: [extent(0), extent(1)],
            },
            across_outputs,
            extent: if across_outputs { [mr, nr] } else { [nr, mr] },
            row: nr,
            tile_len: mr * nr,
            pixels: Vec::new(),
        };
        if P::NUMBERS > 1 {
            sum.pixels = sum.pixels_of(shape.images_at_once(true));
        }
        sum
    }

    /// The tiles of all rows of the kernel, in even strips, of one `j` each where there are channels enough.
    fn tiles(&self) -> Vec<Tile> {
        let (shape, [height, width]) = (self.shape, self.extent);
        let places = shape.kernel[1] * shape.inputs;
        let block = block(shape);
        let strips = block.div_ceil(height);
        let strip = |first: usize, i: usize| {
            let part = part(block, i, strips);
            first + part.start..first + part.end
        };
        let mut tiles = Vec::new();
        for kernel_row in 0..shape.kernel[0] {
            let rows = self.axes[0].places(kernel_row..kernel_row + 1);
            for places in (0..places).step_by(block).flat_map(|first| (0..strips).map(move |i| strip(first, i))) {
                let taps = places.start / shape.inputs..places.end.div_ceil(shape.inputs);
                let columns = self.axes[1].places(taps);
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

    /// `[h, w]` of `y`.
    fn grid(&self) -> [usize; 2] {
        self.axes.map(|axis| axis.places)
    }

    /// Some tiles' sums over these images, on this thread: some images at a time, so that these stay near while
    /// every tile visits them.
    fn add_up<P: Operand>(
        &self,
        tiles: &[Tile],
        images: Range<usize>,
        x: &[P::Number],
        y: &[P::Number],
        sums: &mut [P::Number],
    ) where
        P::Number: Operand<Number = P::Number>,
    {
        let batch = self.shape.batch.max(1);
        let (x_len, y_len, together) = (x.len() / batch, y.len() / batch, self.shape.images_at_once(P::NUMBERS > 1));
        for first in images.clone().step_by(together) {
            let count = together.min(images.end - first);
            let x = &x[first * x_len..][..count * x_len];
            let y = &y[first * y_len..][..count * y_len];
            match P::NUMBERS {
                1 => self.add_in_place::<P::Number>(tiles, count, x, y, sums),
                _ => self.add_paired::<P>(tiles, count, x, y, sums),
            }
        }
    }

    /// Adds the products of all pixels, so many images, rows and pixels in a row, to a tile's sums.
    fn add<P: Operand>(
        &self,
        tile: &Tile,
        counts: [usize; 3],
        places: &Source<P>,
        channels: &Source<P>,
        sums: &mut [P::Number],
    ) {
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
            a_row: a.across,
            b: b.steps,
            b_is_full: false,
            places: [0, counts[2]],
            rows,
            columns,
            c_row: self.row,
            add: true,
        };
        Walk { steps, a: &a.laid[a.first..], b: &b.laid[b.first..], c: sums }.run(self.kernel);
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
}
