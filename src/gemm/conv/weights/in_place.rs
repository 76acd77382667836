//! Numbers, multiplied where they lie.
//!
//! The numbers that a tile multiplies lie a pixel apart, and of a pixel it takes a few. Read where they are, they come
//! from far away again for every tile. So where several tiles read the same numbers, these are copied first, as many as
//! stay in the near cache: those under one tap of the kernel, and each tile's channels of `y` one after the other.

use super::{FEW, Source, Sum, Tile};
use crate::gemm::conv::batch::spread;
use crate::gemm::conv::shape::ConvShape;
use crate::gemm::{Operand, vectorised};
use std::ops::Range;

/// Some images: with their borders, or as they are, where no border is read.
#[derive(Clone, Copy)]
struct Images<'a, T> {
    numbers: &'a [T],
    /// `[height, width]`.
    extent: [usize; 2],
    /// Rows and columns of the border that are not there.
    without: usize,
}

/// Some images' pixels of `y`: in panels so many channels wide, pixel after pixel in each.
struct Channels<'a, T> {
    numbers: &'a [T],
    width: usize,
}

impl Sum<'_> {
    /// Adds what these images contribute, read where it is or, if it is read often, from copies of what is under each tap,
    /// [`spread`] apart.
    pub(super) fn add_in_place<T: Operand<Number = T>>(
        &self,
        tiles: &[Tile],
        count: usize,
        x: &[T],
        y: &[T],
        sums: &mut [T],
    ) {
        self.with_images(count, x, &mut |images| {
            self.with_channels(count, y, &mut |channels| self.add_images(tiles, count, images, channels, sums));
        });
    }

    fn add_images<T: Operand<Number = T>>(
        &self,
        tiles: &[Tile],
        count: usize,
        images: Images<T>,
        channels: &Channels<T>,
        sums: &mut [T],
    ) {
        let ([oh, ow], inputs, copies) = (self.grid(), self.shape.inputs, self.reads_often());
        let distance = spread(inputs);
        T::with_buffer(if copies { count * oh * ow * distance } else { 0 }, |met| {
            let mut copied = None;
            for (tile, sums) in tiles.iter().zip(sums.chunks_exact_mut(self.tile_len)) {
                let channels = self.channels_of(tile, count, channels);
                let [us, vs] = tile.met.clone().map(|met| met.len());
                if !copies {
                    let places = self.places_of(tile, tile.places.start, images);
                    self.add(tile, [count, us, vs], &places, &channels, sums);
                    continue;
                }
                let tap = [tile.kernel_row, tile.places.start / inputs];
                if copied != Some(tap) {
                    let first = tile.places.start / inputs * inputs;
                    self.places_of(tile, first, images).copy([count, us, vs], inputs, met);
                    copied = Some(tap);
                }
                let steps = [us * vs * distance, vs * distance, distance];
                let places = Source { laid: &*met, first: tile.places.start % inputs, steps, across: 1 };
                self.add(tile, [count, us, vs], &places, &channels, sums);
            }
        });
    }

    /// Whether the same numbers are read by so many tiles that it pays to copy them together.
    fn reads_often(&self) -> bool {
        self.shape.inputs >= FEW && self.across_outputs && self.shape.outputs > self.row
    }

    /// Lends some images with their borders, or as they are.
    fn with_images<T: Operand<Number = T>>(&self, count: usize, x: &[T], work: &mut dyn FnMut(Images<T>)) {
        // A copy of what one tap meets has nothing of the border in it.
        if self.reads_often() || self.padded.is_image() {
            return work(Images { numbers: x, extent: self.shape.image, without: self.shape.padding });
        }
        let length = self.padded.len::<T>();
        T::with_buffer(count * length, |images| {
            let each = x.chunks_exact(x.len() / count).zip(images.chunks_exact_mut(length));
            each.for_each(|(x, image)| self.padded.write::<T>(x, image));
            work(Images { numbers: images, extent: self.padded.extent, without: 0 });
        });
    }

    /// Lends some images' channels: where they are, or in panels as wide as a tile if they are read often.
    fn with_channels<T: Operand<Number = T>>(&self, count: usize, y: &[T], work: &mut dyn FnMut(&Channels<T>)) {
        let ([oh, ow], outputs, width) = (self.grid(), self.shape.outputs, self.row);
        if !self.reads_often() {
            return work(&Channels { numbers: y, width: outputs });
        }
        let pixels = count * oh * ow;
        T::with_buffer(outputs.next_multiple_of(width) * pixels, |panels| {
            for (panel, first) in panels.chunks_exact_mut(pixels * width).zip((0..outputs).step_by(width)) {
                let channels = width.min(outputs - first);
                vectorised(|| match channels {
                    // Each arm is compiled for its width.
                    32 => copy_panel(y, outputs, first, 32, width, panel),
                    16 => copy_panel(y, outputs, first, 16, width, panel),
                    _ => copy_panel(y, outputs, first, channels, width, panel),
                });
            }
            work(&Channels { numbers: panels, width });
        });
    }

    /// The channels of a tile, from the first pixel that it meets on.
    fn channels_of<'a, T>(&self, tile: &Tile, count: usize, channels: &Channels<'a, T>) -> Source<'a, T> {
        let ([oh, ow], &Channels { numbers, width }) = (self.grid(), channels);
        let [Range { start: u, .. }, Range { start: v, .. }] = tile.met;
        let panel = tile.outputs.start / width * count * oh * ow * width + tile.outputs.start % width;
        let steps = [oh * ow, ow, 1].map(|pixels| pixels * width);
        Source { laid: numbers, first: panel + (u * ow + v) * width, steps, across: 1 }
    }

    /// Places of a tile from this one on in the images, from the first pixel that it meets on.
    fn places_of<'a, T>(&self, tile: &Tile, place: usize, images: Images<'a, T>) -> Source<'a, T> {
        let (ConvShape { inputs, stride, .. }, Images { numbers, extent: [height, width], without }) =
            (*self.shape, images);
        let ([Range { start: u, .. }, Range { start: v, .. }], row) = (tile.met.clone(), width * inputs);
        let first = (u * stride + tile.kernel_row) * row + v * stride * inputs + place;
        let border = without * (row + inputs); // in which no pixel lies that is met
        let steps = [height * row, stride * row, stride * inputs];
        Source { laid: numbers, first: first.saturating_sub(border), steps, across: 1 }
    }
}

impl<T: Copy> Source<'_, T> {
    /// Copies so many neighbouring numbers of each pixel to where they are [`spread`] apart.
    fn copy(&self, [images, rows, pixels]: [usize; 3], numbers: usize, copies: &mut [T]) {
        let pixels = (0..images).flat_map(|n| (0..rows).flat_map(move |u| (0..pixels).map(move |v| [n, u, v])));
        for (pixel, copy) in pixels.zip(copies.chunks_exact_mut(spread(numbers))) {
            let from = self.first + pixel.iter().zip(self.steps).map(|(i, step)| i * step).sum::<usize>();
            copy[..numbers].copy_from_slice(&self.laid[from..][..numbers]);
        }
    }
}

/// `channels` of the `outputs` channels of each pixel, from `first` on, `width` apart.
#[inline(always)]
fn copy_panel<T: Copy>(y: &[T], outputs: usize, first: usize, channels: usize, width: usize, panel: &mut [T]) {
    for (pixel, copy) in y.chunks_exact(outputs).zip(panel.chunks_exact_mut(width)) {
        copy[..channels].copy_from_slice(&pixel[first..][..channels]);
    }
}
