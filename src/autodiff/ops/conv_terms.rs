//! What one element of a convolution, of its transpose or of its weight gradient is the sum of: the trilinear form of
//! `conv.rs`, one element at a time. Pixels of the border, which are zero, are left out.

use super::window::Window;
use std::iter;

/// A convolution's three arrays: images `x`, kernel `w` and what it makes of them, `y`.
#[derive(Clone, Copy)]
pub(super) struct Trilinear {
    pub window: Window,
    /// `[n, h, w, c]`.
    pub x: [usize; 4],
    /// `[i, j, c, d]`.
    pub w: [usize; 4],
    /// `[n, p, q, d]`.
    pub y: [usize; 4],
}

impl Trilinear {
    /// Element by element of `x` and of `w`, what is summed to this element of `y`.
    pub fn of_y(self, element: usize) -> impl Iterator<Item = [usize; 2]> {
        let [n, p, q, d] = index(self.y, element);
        let rows = (0..self.w[0]).filter_map(move |i| Some((i, self.pixel(p, i, self.x[1])?)));
        let places = rows.flat_map(move |(i, h)| {
            (0..self.w[1]).filter_map(move |j| Some(([i, j], [h, self.pixel(q, j, self.x[2])?])))
        });
        places.flat_map(move |([i, j], [h, w])| {
            (0..self.w[2]).map(move |c| [position(self.x, [n, h, w, c]), position(self.w, [i, j, c, d])])
        })
    }

    /// Element by element of `y` and of `w`, what is summed to this element of `x`.
    pub fn of_x(self, element: usize) -> impl Iterator<Item = [usize; 2]> {
        let [n, h, w, c] = index(self.x, element);
        let rows = (0..self.w[0]).filter_map(move |i| Some((i, self.place(h, i, self.y[1])?)));
        let places = rows.flat_map(move |(i, p)| {
            (0..self.w[1]).filter_map(move |j| Some(([i, j], [p, self.place(w, j, self.y[2])?])))
        });
        places.flat_map(move |([i, j], [p, q])| {
            (0..self.w[3]).map(move |d| [position(self.y, [n, p, q, d]), position(self.w, [i, j, c, d])])
        })
    }

    /// Element by element of `x` and of `y`, what is summed to this element of `w`.
    pub fn of_w(self, element: usize) -> impl Iterator<Item = [usize; 2]> {
        let [i, j, c, d] = index(self.w, element);
        let rows = move || (0..self.y[1]).filter_map(move |p| Some((p, self.pixel(p, i, self.x[1])?)));
        let columns = move || (0..self.y[2]).filter_map(move |q| Some((q, self.pixel(q, j, self.x[2])?)));
        let places =
            (0..self.y[0]).flat_map(move |n| rows().flat_map(move |row| iter::repeat((n, row)).zip(columns())));
        places.map(move |((n, (p, h)), (q, w))| [position(self.x, [n, h, w, c]), position(self.y, [n, p, q, d])])
    }

    /// The pixel, of `extent` along an axis, under the kernel's `i`-th at place `p`: `p·s + i − pad`.
    fn pixel(self, p: usize, i: usize, extent: usize) -> Option<usize> {
        (p * self.window.stride + i).checked_sub(self.window.padding).filter(|&pixel| pixel < extent)
    }

    /// The place, of `extent` along an axis, at which the kernel's `i`-th lies on this pixel.
    fn place(self, pixel: usize, i: usize, extent: usize) -> Option<usize> {
        let start = (pixel + self.window.padding).checked_sub(i)?;
        start.is_multiple_of(self.window.stride).then_some(start / self.window.stride).filter(|&place| place < extent)
    }
}

/// Where an element stands along the axes.
fn index([_, a, b, c]: [usize; 4], element: usize) -> [usize; 4] {
    [element / (a * b * c), element / (b * c) % a, element / c % b, element % c]
}

/// The element, in row-major order, that stands there.
fn position([_, a, b, c]: [usize; 4], [i, j, k, l]: [usize; 4]) -> usize {
    ((i * a + j) * b + k) * c + l
}
