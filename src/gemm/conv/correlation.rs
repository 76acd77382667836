//! A window that moves over an image.

use super::padded::Padded;
use super::window::Axis;
use crate::gemm::split::part;
use crate::gemm::tile::Steps;
use crate::gemm::walk::Walk;
use crate::gemm::{Kernel, Operand};
use std::ops::Range;

/// `out[u, v, :] += Σ image[u·step + t, v·step + s, :]·taps[t, s]` for every `(u, v)` of a grid, where `taps[t, s]` is a
/// matrix `[depth, columns]`.
#[derive(Clone, Debug)]
pub struct Correlation {
    /// The kernel's rows and columns that take part, `i` for each `t` and `j` for each `s`.
    pub taps: [Vec<usize>; 2],
    /// How the window moves down and across: the places are the grid.
    pub axes: [Axis; 2],
    /// Where `out[0, 0]` begins.
    pub out: usize,
    /// From one row of the grid to the next in `out`, and from one column to the next.
    pub out_steps: [usize; 2],
}

/// What all windows of a convolution have in common.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The image that they move over.
    pub padded: Padded,
    /// Operands in a pixel that goes in, and numbers in one that comes out.
    pub channels: [usize; 2],
    /// Numbers in the result's image.
    pub out_len: usize,
}

/// A tile of the result, in the first panel of columns.
struct Tile {
    /// The taps along either axis that its sums are over.
    taps: [Range<usize>; 2],
    /// Where its first row's pixel under the first of them is.
    pixel: usize,
    /// Where its first row is in the result.
    place: usize,
    /// How many rows it has.
    rows: usize,
}

/// What tiles read.
struct Source<'a, P> {
    /// An image with its border, or several without.
    images: &'a [P],
    /// From one row of an image to the next.
    image_row: usize,
    /// From the pixel of a tile's row to the next row's.
    tile_row: usize,
}

impl Correlation {
    /// Operands of its packed weights.
    pub fn packed_len(&self, [depth, columns]: [usize; 2], nr: usize) -> usize {
        self.panel_len(depth, nr) * columns.div_ceil(nr)
    }

    /// Operands in one panel of them.
    pub fn panel_len(&self, depth: usize, nr: usize) -> usize {
        self.taps[0].len() * self.taps[1].len() * depth * nr
    }

    /// One image, with its border: each row of the grid in even strips.
    pub fn run<P: Operand>(&self, frame: &Frame, kernel: Kernel, packed: &[P], image: &[P], out: &mut [P::Number]) {
        let depth = frame.channels[0];
        let [down, across] = self.axes;
        let [height, width] = [down.places, across.places];
        let (row, strips) = (frame.padded.row::<P>(), width.div_ceil(P::routines(kernel).tile[0]));
        // No window leaves the image by an edge.
        let empty = height == 0 || width == 0 || self.taps.iter().any(Vec::is_empty);
        let end = |axis: usize| self.axes[axis].first(self.axes[axis].places - 1) + self.taps[axis].len();
        assert!(empty || (end(0) <= frame.padded.extent[0] && end(1) <= frame.padded.extent[1]));
        let tiles = (0..height).flat_map(|u| {
            let rows = self.taps_within(0, u);
            let first = (down.first(u) + rows.start) * row;
            (0..strips).map(move |i| {
                let strip = part(width, i, strips);
                Tile {
                    taps: [rows.clone(), 0..self.taps[1].len()],
                    pixel: first + across.first(strip.start) * depth,
                    place: self.out + u * self.out_steps[0] + strip.start * self.out_steps[1],
                    rows: strip.len(),
                }
            })
        });
        let source = Source { images: image, image_row: row, tile_row: across.stride * depth };
        self.run_tiles(frame, kernel, packed, &source, (out, self.out_steps[1]), tiles);
    }

    /// Some images, `distance` apart and without a border: each place of the grid is a tile, whose rows are the images.
    /// All of them meet the border with the same taps, which are left out.
    pub fn run_together<P: Operand>(
        &self,
        frame: &Frame,
        kernel: Kernel,
        packed: &[P],
        (images, distance): (&[P], usize),
        out: &mut [P::Number],
    ) {
        let [height, width] = self.axes.map(|axis| axis.places);
        let (row, count) = (frame.padded.image[1] * frame.channels[0], out.len() / frame.out_len);
        let tiles = (0..height).flat_map(|u| (0..width).map(move |v| (u, v))).map(|(u, v)| {
            let taps = [(0, u), (1, v)].map(|(axis, index)| self.taps_within(axis, index));
            // In the image by itself; where no tap meets it, nothing is read.
            let met = |axis: usize, index: usize| self.axes[axis].pixel(index, taps[axis].start);
            // No window leaves its image for the next one's.
            let empty = taps.iter().any(Range::is_empty);
            let end = |axis: usize, index: usize| met(axis, index) + taps[axis].len();
            assert!(empty || (end(0, u) <= frame.padded.image[0] && end(1, v) <= frame.padded.image[1]));
            Tile {
                pixel: met(0, u) * row + met(1, v) * frame.channels[0],
                place: self.out + u * self.out_steps[0] + v * self.out_steps[1],
                rows: count,
                taps,
            }
        });
        let source = Source { images, image_row: row, tile_row: distance };
        self.run_tiles(frame, kernel, packed, &source, (out, frame.out_len), tiles);
    }

    /// Tiles of all columns, panel by panel, into `out`; from one row of a tile to the next it is `out_row`.
    fn run_tiles<P: Operand>(
        &self,
        frame: &Frame,
        kernel: Kernel,
        packed: &[P],
        &Source { images, image_row, tile_row }: &Source<P>,
        (out, out_row): (&mut [P::Number], usize),
        tiles: impl Iterator<Item = Tile> + Clone,
    ) {
        let [depth, columns] = frame.channels;
        let [_, nr] = P::routines(kernel).tile;
        let (panel, tap) = (self.panel_len(depth, nr), depth * nr);
        for first in (0..columns).step_by(nr) {
            let (weights, columns) = (&packed[first / nr * panel..][..panel], nr.min(columns - first));
            tiles.clone().for_each(|Tile { taps: [above, beside], pixel, place, rows }| {
                // A row of the window is contiguous. Where no tap meets an image, nothing is read.
                let counts = [1, above.len(), beside.len() * depth];
                let [pixel, taps] = match counts.contains(&0) {
                    true => [0, 0],
                    false => [pixel, above.start * self.taps[1].len() + beside.start],
                };
                let steps = Steps {
                    counts,
                    a: [0, image_row, 1],
                    a_row: tile_row,
                    b: [0, self.taps[1].len() * tap, nr],
                    b_is_full: true,
                    places: [beside.start * depth, self.taps[1].len() * depth],
                    rows,
                    columns,
                    c_row: out_row,
                    add: false,
                };
                Walk { steps, a: &images[pixel..], b: &weights[taps * tap..], c: &mut out[place + first..] }
                    .run(kernel);
            });
        }
    }

    /// The taps along an axis that meet the image and not its border.
    fn taps_within(&self, axis: usize, place: usize) -> Range<usize> {
        self.axes[axis].taps(place, self.taps[axis].len())
    }
}
