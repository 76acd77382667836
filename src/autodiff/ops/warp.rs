//! Images looked up at other places, and pixels laid down there: each is the adjoint of the other. Moving, turning,
//! stretching and bending an image are all this one operation; which it is, the places say.

use super::conv::axes;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;
use std::sync::Arc;

/// Where each pixel of a batch of images comes from: a row and a column, which need not be whole numbers and may lie
/// outside the image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Places {
    /// `[n, height, width]` of the images that are made.
    shape: [usize; 3],
    /// Row and column for each pixel.
    at: Vec<[f32; 2]>,
}

impl Places {
    /// These places, `[n, height, width]` in C order; what is no number lies outside.
    ///
    /// # Panics
    /// When there are not as many.
    pub fn new(shape: [usize; 3], at: Vec<[f32; 2]>) -> Self {
        assert!(at.len() == shape.iter().product::<usize>(), "Places::new: {} places for {shape:?}", at.len());
        Self { shape, at }
    }

    /// Has these places written anew, for images `[n, height, width]`, in the memory that they have.
    pub fn write(&mut self, shape: [usize; 3], write: impl FnOnce(&mut [[f32; 2]])) {
        self.shape = shape;
        self.at.resize(shape.iter().product(), [0.0; 2]);
        write(&mut self.at);
    }

    /// The pixel `[y, x]` of an image `[height, width]` that each of the four next to place `i` is, and its share:
    /// `(1 − |y − pᵧ|)·(1 − |x − pₓ|)`.
    #[inline]
    fn corners(&self, i: usize, [height, width]: [usize; 2]) -> [Option<(usize, f32)>; 4] {
        let [y, x] = self.at[i];
        let inside = y > -1.0 && x > -1.0 && y < height as f32 && x < width as f32; // false where one is NaN
        if !inside {
            return [None; 4];
        }
        let (top, left) = (y.floor(), x.floor());
        let (down, right) = (y - top, x - left);
        let corner = |dy: i32, dx: i32, share: f32| {
            let (y, x) = (top as i32 + dy, left as i32 + dx);
            let is_pixel = y >= 0 && x >= 0 && (y as usize) < height && (x as usize) < width;
            is_pixel.then(|| (y as usize * width + x as usize, share))
        };
        [
            corner(0, 0, (1.0 - down) * (1.0 - right)),
            corner(0, 1, (1.0 - down) * right),
            corner(1, 0, down * (1.0 - right)),
            corner(1, 1, down * right),
        ]
    }

    /// How many pixels an image has that is made.
    fn pixels(&self) -> usize {
        self.shape[1] * self.shape[2]
    }
}

/// `y[n, i, c] = Σ w·x[n, j, c] + (1 − Σ w)·o` over the four pixels `j` next to place `i`, `w` their shares.
#[derive(Debug)]
struct Warp {
    places: Arc<Places>,
    /// `o`, what is seen outside the image.
    outside: f32,
}

/// `y[n, j, c] = Σ w·x[n, i, c]` over those `i` next to whose place pixel `j` is, `w` its share there.
#[derive(Debug)]
struct Unwarp {
    places: Arc<Places>,
    /// `[height, width]` of the images that are made.
    size: [usize; 2],
}

impl<T: Real> Operation<T> for Warp {
    fn formula(&self) -> String {
        let Self { places, outside } = self;
        let seen = if *outside == 0.0 { String::new() } else { format!(" + (1 − Σ w)·{outside}") };
        format!("y[n, i, c] = Σ w·x[n, j, c]{seen}, w the shares of the four j next to place i of {:?}", places.shape)
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let ([n, h, w, c], places) = (axes("warp", inputs[0]), &self.places);
        let [images, height, width] = places.shape;
        assert!(n == images, "warp: {n} images and places for {images}");
        let (x, outside) = (kernels::slice(inputs[0]), T::from_f64(self.outside.into()));
        let mut y = pool.take(&[n, height, width, c]);
        in_rows(kernels::slice_mut(&mut y), places.pixels() * c, |image, row| {
            let x = &x[image * h * w * c..][..h * w * c];
            for (i, pixel) in row.chunks_exact_mut(c).enumerate() {
                pixel.fill(outside);
                for (j, share) in places.corners(image * places.pixels() + i, [h, w]).into_iter().flatten() {
                    let share = T::from_f64(share.into());
                    let from = &x[j * c..][..c];
                    pixel.iter_mut().zip(from).for_each(|(y, &x)| *y += share * (x - outside));
                }
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, shape) = (step.gradient(), step.input(0).shape());
        step.add(0, || g.unwarp(Arc::clone(&self.places), [shape[1], shape[2]]));
    }
}

impl<T: Real> Operation<T> for Unwarp {
    fn formula(&self) -> String {
        format!("y[n, j, c] = Σ w·x[n, i, c], w the share of j at place i of {:?}", self.places.shape)
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let ([n, height, width, c], places, [h, w]) = (axes("unwarp", inputs[0]), &self.places, self.size);
        assert!(
            [n, height, width] == places.shape,
            "unwarp: images {:?}, places {:?}",
            inputs[0].shape(),
            places.shape
        );
        let x = kernels::slice(inputs[0]);
        let mut y = pool.take(&[n, h, w, c]);
        in_rows(kernels::slice_mut(&mut y), h * w * c, |image, row| {
            row.fill(T::ZERO);
            let x = &x[image * places.pixels() * c..][..places.pixels() * c];
            for (i, pixel) in x.chunks_exact(c).enumerate() {
                for (j, share) in places.corners(image * places.pixels() + i, [h, w]).into_iter().flatten() {
                    let share = T::from_f64(share.into());
                    row[j * c..][..c].iter_mut().zip(pixel).for_each(|(y, &x)| *y += share * x);
                }
            }
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g.warp(Arc::clone(&self.places), 0.0));
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// Images `[n, h, w, c]` looked up at these places, each time between the four pixels that are next to it
    /// (bilinear interpolation): images of the places' height and width. Outside the image, all is `outside`.
    ///
    /// # Panics
    /// When these are no images, or the places are for another number of them.
    pub fn warp(self, places: Arc<Places>, outside: f32) -> Var<'t, T> {
        self.tape().apply(Warp { places, outside }, &[self])
    }

    /// Each pixel of images `[n, height, width, c]` divided among the four pixels next to its place in images `[n, h, w, c]`,
    /// of `size` `[h, w]`; what is laid down at the same pixel is added. The adjoint of [`warp`](Var::warp).
    ///
    /// # Panics
    /// When the images are not of the places' shape.
    pub fn unwarp(self, places: Arc<Places>, size: [usize; 2]) -> Var<'t, T> {
        self.tape().apply(Unwarp { places, size }, &[self])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::ArrayD;

    /// `[1, 2, 3, 1]`.
    const IMAGE: [f64; 6] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];

    fn warped(at: [f32; 2], outside: f32) -> f64 {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(ArrayD::from_shape_vec(vec![1, 2, 3, 1], IMAGE.to_vec()).unwrap());
        x.warp(Places::new([1, 1, 1], vec![at]).into(), outside).item()
    }

    #[test]
    fn between_pixels_each_counts_by_its_nearness() {
        assert_eq!(warped([1.0, 2.0], 0.0), 6.0);
        assert_eq!(warped([0.5, 0.25], 0.0), 0.5 * (0.75 + 0.25 * 2.0) + 0.5 * (0.75 * 4.0 + 0.25 * 5.0));
        assert_eq!(warped([-0.25, 0.0], 0.0), 0.75); // a quarter of it lies outside
        assert_eq!(warped([-0.25, 0.0], -1.0), 0.75 - 0.25);
        assert_eq!(warped([1.5, 2.5], 10.0), 0.25 * 6.0 + 0.75 * 10.0);
        for outside in [[-1.0, 0.0], [0.0, 3.0], [f32::NAN, 0.0], [0.0, f32::INFINITY], [f32::MAX, f32::MIN]] {
            assert_eq!(warped(outside, -1.0), -1.0, "{outside:?}");
        }
    }

    #[test]
    fn places_that_are_the_pixels_change_nothing_and_channels_stay_apart() {
        let tape = Tape::<f32>::new();
        let x = tape.fill(&[2, 3, 2, 2], |x| x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32));
        let own: Vec<[f32; 2]> = (0..12).map(|i| [(i / 2 % 3) as f32, (i % 2) as f32]).collect();
        let places = Arc::new(Places::new([2, 3, 2], own));
        assert_eq!(x.warp(Arc::clone(&places), 7.0).value(), x.value());
        assert_eq!(x.unwarp(places, [3, 2]).value(), x.value());
    }

    #[test]
    #[should_panic(expected = "warp: 1 images and places for 2")]
    fn places_for_others_are_refused() {
        let x = Tape::<f32>::new();
        x.fill(&[1, 1, 1, 1], |x| x.fill(0.0)).warp(Places::new([2, 1, 1], vec![[0.0; 2]; 2]).into(), 0.0);
    }
}
