//! The gradient of a convolution's kernel: a sum over all pixels of all images.

use super::ConvShape;
use super::padded::Padded;
use super::walk::Walk;
use crate::gemm::split::part;
use crate::gemm::{Element, Kernel};
use rayon::prelude::*;
use std::ops::Range;

/// Fewer channels than this fill a vector of them badly.
const FEW: usize = 8;
/// Pixels to sum in registers before a tile goes to memory, or more.
const STEPS: usize = 512;

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

/// `w` of `x` and `y`. The kernel is available.
pub fn convolve_weights<T: Element>(kernel: Kernel, shape: &ConvShape, x: &[T], y: &[T], w: &mut [T]) {
    let Some([oh, ow]) = shape.output() else { return w.fill(T::ZERO) };
    let [mr, nr] = T::tile(kernel);
    let places = shape.kernel[1] * shape.inputs;
    // The longer side along the vectors.
    let across_outputs = shape.outputs >= FEW.min(places);
    let [height, width] = if across_outputs { [mr, nr] } else { [nr, mr] };
    let tiles = tiles(shape, [oh, ow], [height, width]);
    let extent = |axis: usize, count: usize| (count - 1) * shape.stride + shape.kernel[axis];
    let sum = Sum {
        kernel,
        shape,
        grid: [oh, ow],
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
        for (tile, sums) in tiles.iter().zip(sums.chunks_exact(sum.tile_len)) {
            for (i, place) in tile.places.clone().enumerate() {
                let row = (tile.kernel_row * places + place) * shape.outputs;
                for (j, output) in tile.outputs.clone().enumerate() {
                    w[row + output] = sums[if across_outputs { i * sum.row + j } else { j * sum.row + i }];
                }
            }
        }
    });
}

/// The tiles of all rows of the kernel, in even strips no larger than `[height, width]`, of one `j` each where there
/// are channels enough.
fn tiles(shape: &ConvShape, grid: [usize; 2], [height, width]: [usize; 2]) -> Vec<Tile> {
    let places = shape.kernel[1] * shape.inputs;
    let block = if shape.inputs < FEW { places } else { shape.inputs };
    let strips = block.div_ceil(height);
    let strip = |first: usize, i: usize| {
        let part = part(block, i, strips);
        first + part.start..first + part.end
    };
    let mut tiles = Vec::new();
    for kernel_row in 0..shape.kernel[0] {
        let rows = met(shape, grid, 0, kernel_row..kernel_row + 1);
        for places in (0..places).step_by(block).flat_map(|first| (0..strips).map(move |i| strip(first, i))) {
            let taps = places.start / shape.inputs..places.end.div_ceil(shape.inputs);
            let columns = met(shape, grid, 1, taps);
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

/// The places along an axis of `y` where one of the taps lies within the image: `padding ≤ stride·u + tap < padding +
/// image`.
fn met(shape: &ConvShape, grid: [usize; 2], axis: usize, taps: Range<usize>) -> Range<usize> {
    let ConvShape { image, stride, padding, .. } = *shape;
    let start = (padding + 1).saturating_sub(taps.end).div_ceil(stride).min(grid[axis]);
    let end = (padding + image[axis]).saturating_sub(taps.start).div_ceil(stride).min(grid[axis]);
    start..end.max(start)
}

/// What all tiles have in common.
struct Sum<'a> {
    kernel: Kernel,
    shape: &'a ConvShape,
    grid: [usize; 2],
    padded: Padded,
    /// Whether the columns of a register tile are channels of `y`, or else places in `x`.
    across_outputs: bool,
    /// Numbers in a row of a tile, and in all of it.
    row: usize,
    tile_len: usize,
}

impl Sum<'_> {
    /// Some tiles' sums over the whole batch, on this thread: some images at a time, so that these stay near while
    /// every tile visits them.
    fn add_up<T: Element>(&self, tiles: &[Tile], x: &[T], y: &[T], sums: &mut [T]) {
        let (batch, [oh, ow]) = (self.shape.batch, self.grid);
        let together = STEPS.div_ceil(oh * ow).min(batch).max(1);
        let (x_len, y_len) = (x.len() / batch.max(1), y.len() / batch.max(1));
        let border = if self.padded.is_image() { 0 } else { together * self.padded.len() };
        T::with_buffer(border, |scratch| {
            for first in (0..batch).step_by(together) {
                let count = together.min(batch - first);
                let x = &x[first * x_len..][..count * x_len];
                let y = &y[first * y_len..][..count * y_len];
                let images = if self.padded.is_image() { x } else { self.pad(x, count, scratch) };
                for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                    self.add_images(tile, count, images, y, sums);
                }
            }
        });
    }

    fn pad<'s, T: Element>(&self, x: &[T], count: usize, scratch: &'s mut [T]) -> &'s [T] {
        let length = self.padded.len();
        let padded = &mut scratch[..count * length];
        padded.chunks_exact_mut(length).zip(x.chunks_exact(x.len() / count)).for_each(|(p, x)| self.padded.write(x, p));
        padded
    }

    /// Adds what these images contribute to a tile.
    fn add_images<T: Element>(&self, tile: &Tile, count: usize, images: &[T], y: &[T], sums: &mut [T]) {
        let ([oh, ow], stride, outputs) = (self.grid, self.shape.stride, self.shape.outputs);
        let (row, [us, vs]) = (self.padded.row(), &tile.met);
        if us.is_empty() || vs.is_empty() {
            return;
        }
        let x_steps = [self.padded.len(), stride * row, stride * self.shape.inputs];
        let y_steps = [oh * ow * outputs, ow * outputs, outputs];
        let begin = |first: usize, steps: [usize; 3]| first + us.start * steps[1] + vs.start * steps[2];
        let x_first = begin(tile.kernel_row * row + tile.places.start, x_steps);
        let y_first = begin(tile.outputs.start, y_steps);
        // The farthest elements that are touched lie within their slices.
        let last = |first: usize, steps: [usize; 3], length: usize| {
            first + (count - 1) * steps[0] + (us.len() - 1) * steps[1] + (vs.len() - 1) * steps[2] + length
        };
        assert!(last(x_first, x_steps, tile.places.len()) <= images.len());
        assert!(last(y_first, y_steps, tile.outputs.len()) <= y.len() && sums.len() == self.tile_len);
        let places = (images[x_first..].as_ptr(), x_steps, tile.places.len());
        let channels = (y[y_first..].as_ptr(), y_steps, tile.outputs.len());
        let (down, across) = if self.across_outputs { (places, channels) } else { (channels, places) };
        let ((a, a_steps, rows), (b, b_steps, columns)) = (down, across);
        let walk = Walk {
            counts: [count, us.len(), vs.len()],
            a,
            a_steps,
            a_row: 1,
            b,
            b_steps,
            rows,
            columns,
            c: sums.as_mut_ptr(),
            c_row: self.row,
            add: true,
        };
        // SAFETY: asserted above, and a tile's sums have room for its rows; the kernel is available.
        #[allow(unsafe_code)]
        unsafe {
            T::walk(self.kernel, &walk);
        }
    }
}
