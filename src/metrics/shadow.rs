//! Points seen in fewer dimensions: their shadows, which are no further apart than the points themselves.
//!
//! An image of a digit has 784 pixels, but most of what tells two of them apart lies in some sixty directions. With
//! these, of length 1 and perpendicular to each other, as the rows of Q, the shadow of a point x is Q(x−o), and
//!
//! ‖Q(x−o) − Q(y−o)‖ ≤ ‖x−y‖
//!
//! whatever the directions are: what is far apart in the shadow is far apart. So directions need not be found exactly. The
//! better they are, the fewer distances are left to be summed in full; the best are the principal ones of the points
//! (Pearson 1901), and a sample of the points says them well enough.

use super::gaussian::mean;
use crate::gemm::{Beta, MatrixMut, MatrixRef, gemm};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};

/// Directions that are kept. More keep more of a distance, and take longer: of 60,000 digits some twenty are as near to
/// another in 62 directions as the nearest is.
const WIDTH: usize = 62;
/// Points that the directions are found from, at most.
const SAMPLE: usize = 4096;
/// Rounds in which they are found.
const ROUNDS: usize = 3;

/// The way from points, `[n, features]`, to their shadows, `[n, width]`.
#[derive(Clone, Debug)]
pub(super) struct Shadow {
    /// o, `[features]`: near the points' mean, so that what is rounded is no larger than it must be.
    origin: Array1<f64>,
    /// Q, `[width, features]`; none where there are hardly more features than it would keep: then Q is the unit matrix.
    directions: Option<Array2<f32>>,
}

impl Shadow {
    /// One that keeps these points, `[n, features]`, apart; there is a point.
    pub(super) fn of(points: ArrayView2<f32>) -> Shadow {
        let sample = points.slice(s![..;points.nrows().div_ceil(SAMPLE), ..]);
        let origin = mean(sample);
        let mut shadow = Shadow { origin, directions: None };
        if points.ncols() > 2 * WIDTH {
            let mut moved = Array2::zeros(sample.raw_dim());
            moved.rows_mut().into_iter().zip(sample.rows()).for_each(|(mut moved, x)| {
                shadow.move_to(x, moved.as_slice_mut().expect("row after row"));
            });
            shadow.directions = Some(principal_directions(&moved));
        }
        shadow
    }

    /// How many numbers a point has.
    pub(super) fn features(&self) -> usize {
        self.origin.len()
    }

    /// How many numbers its shadow has.
    pub(super) fn width(&self) -> usize {
        self.directions.as_ref().map_or(self.features(), Array2::nrows)
    }

    /// τ: the shadow that is computed in `f32` is no further than τ‖x−o‖ from that which exact directions would cast; none
    /// where nothing is multiplied.
    ///
    /// Each of its numbers is off by at most n·u·‖x−o‖ for n features, with u = 2⁻²⁴ (Higham 2002, *Accuracy and Stability
    /// of Numerical Algorithms*, section 3.1), so all `width` of them by √width times that. The directions are exact to u.
    /// This is twice as much.
    pub(super) fn error(&self) -> Option<f64> {
        let (features, width) = (self.features() as f64, self.width() as f64);
        self.directions.as_ref().map(|_| (features + 16.0) * width.sqrt() * f64::from(f32::EPSILON))
    }

    /// The shadows of points, `[n, features]`, row after row, into the first numbers of rows of `stride`; and ‖x−o‖² of
    /// each, `[n]`.
    pub(super) fn cast(&self, points: ArrayView2<f32>, shadows: &mut [f32], stride: usize) -> Vec<f64> {
        let (n, features) = points.dim();
        let mut moved = vec![0.0; n * features];
        let squares = moved.chunks_mut(features).zip(points.rows()).map(|(moved, x)| self.move_to(x, moved)).collect();
        match &self.directions {
            Some(directions) => {
                let directions = MatrixRef::new(slice(directions), directions.nrows(), features);
                let shadows = MatrixMut::with_row_stride(shadows, n, self.width(), stride);
                gemm(MatrixRef::new(&moved, n, features), directions.transposed(), Beta::Zero, shadows);
            }
            None => {
                let rows = shadows.chunks_mut(stride).zip(moved.chunks(features));
                rows.for_each(|(shadow, moved)| shadow[..features].copy_from_slice(moved));
            }
        }
        squares
    }

    /// x−o, and its squared length.
    fn move_to(&self, x: ArrayView1<f32>, moved: &mut [f32]) -> f64 {
        let mut square = 0.0;
        for ((moved, &x), origin) in moved.iter_mut().zip(x).zip(&self.origin) {
            *moved = (f64::from(x) - origin) as f32;
            square += f64::from(*moved).powi(2);
        }
        square
    }
}

/// The directions in which points, `[n, features]`, spread most, `[width, features]`; a row of zeros where they spread in
/// fewer. By subspace iteration (Golub and Van Loan, *Matrix Computations*, section 8.2.4): Q becomes Q XᵀX, its rows
/// made perpendicular, again and again. It begins with some of the points themselves.
fn principal_directions(points: &Array2<f32>) -> Array2<f32> {
    let (n, features) = points.dim();
    let width = n.min(WIDTH);
    let mut directions = points.slice(s![..;n / width, ..]).slice_move(s![..width, ..]).to_owned();
    for _ in 0..ROUNDS {
        let x = MatrixRef::new(slice(points), n, features);
        let mut along = vec![0.0; width * n]; // [width, n]
        let q = MatrixRef::new(slice(&directions), width, features);
        gemm(q, x.transposed(), Beta::Zero, MatrixMut::new(&mut along, width, n));
        let mut turned = Array2::zeros([width, features]);
        let sums = MatrixMut::new(turned.as_slice_mut().expect("row after row"), width, features);
        gemm(MatrixRef::new(&along, width, n), x, Beta::Zero, sums);
        directions = perpendicular(turned.mapv(f64::from)).mapv(|x| x as f32);
    }
    directions
}

/// The rows, one after the other, without what they have of the rows before, and of length 1 (Gram-Schmidt, done twice:
/// Giraud, Langou and Rozložník 2005, *The loss of orthogonality in the Gram-Schmidt orthogonalization process*). A row of
/// which nothing remains is 0.
fn perpendicular(mut rows: Array2<f64>) -> Array2<f64> {
    for i in 0..rows.nrows() {
        let (before, mut row) = rows.multi_slice_mut((s![..i, ..], s![i, ..]));
        for _ in 0..2 {
            let length = row.dot(&row).sqrt();
            row.mapv_inplace(|x| if length > 0.0 { x / length } else { 0.0 });
            for other in before.rows() {
                let along = row.dot(&other);
                row.scaled_add(-along, &other);
            }
        }
        // What is left of a row of length 1 in the second round: nearly all, or nothing but rounding.
        let length = row.dot(&row).sqrt();
        row.mapv_inplace(|x| if length > 0.5 { x / length } else { 0.0 });
    }
    rows
}

fn slice(array: &Array2<f32>) -> &[f32] {
    array.as_slice().expect("row after row")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{cloud, rotation};
    use super::*;

    /// The shadows of points, `[n, width]`.
    fn shadows(shadow: &Shadow, points: &Array2<f32>) -> Array2<f64> {
        let mut shadows = Array2::zeros([points.nrows(), shadow.width()]);
        shadow.cast(points.view(), shadows.as_slice_mut().unwrap(), shadow.width());
        shadows.mapv(f64::from)
    }

    /// Points that spread in `rank` directions of 200, in some more than in others.
    fn flat(n: usize, rank: usize) -> Array2<f32> {
        let scales = Array1::from_shape_fn(200, |i| if i < rank { 1.0 + i as f32 % 7.0 } else { 0.0 });
        (cloud(n, 200, 3) * &scales).dot(&rotation(200)) + 2.0
    }

    #[test]
    fn directions_are_perpendicular_and_a_shadow_is_no_wider_than_its_points() {
        for points in [cloud(500, 200, 1), flat(500, 100), flat(500, 20), flat(30, 100), Array2::ones([80, 200])] {
            let shadow = Shadow::of(points.view());
            let directions = shadow.directions.clone().unwrap().mapv(f64::from);
            for ((i, j), product) in directions.dot(&directions.t()).indexed_iter() {
                let is_one = i == j && product > &0.5;
                assert!((product - f64::from(u8::from(is_one))).abs() < 1e-6, "{i} {j}: {product}");
            }
            let (x, seen) = (points.mapv(f64::from), shadows(&shadow, &points));
            let distance = |x: &Array2<f64>, i: usize, j: usize| (&x.row(i) - &x.row(j)).mapv(|x| x * x).sum().sqrt();
            for (i, j) in (0..points.nrows() - 7).map(|i| (i, i + 7)) {
                assert!(distance(&seen, i, j) <= distance(&x, i, j) + 1e-3);
            }
        }
    }

    #[test]
    fn points_in_few_directions_lose_nothing() {
        let points = flat(900, 40);
        let (shadow, x) = (Shadow::of(points.view()), points.mapv(f64::from));
        let seen = shadows(&shadow, &points);
        for i in 0..899 {
            let [whole, kept] = [&x, &seen].map(|x| (&x.row(i) - &x.row(i + 1)).mapv(|x| x * x).sum());
            assert!((kept / whole - 1.0).abs() < 1e-4, "{kept} of {whole}");
        }
    }

    #[test]
    fn of_many_directions_those_with_the_widest_spread_are_kept() {
        let mut points = cloud(3000, 200, 5);
        points.slice_mut(s![.., ..WIDTH]).mapv_inplace(|x| 10.0 * x);
        let directions = Shadow::of(points.view()).directions.unwrap();
        let share = directions.slice(s![.., ..WIDTH]).mapv(|x| x * x).sum() / WIDTH as f32;
        assert!(share > 0.99, "{share}");
    }

    #[test]
    fn few_features_are_their_own_shadow() {
        let points = cloud(70, 2 * WIDTH, 2);
        let shadow = Shadow::of(points.view());
        assert_eq!((shadow.width(), shadow.error()), (2 * WIDTH, None));
        let moved = points.mapv(f64::from) - &shadow.origin;
        assert!((shadows(&shadow, &points) - &moved).iter().all(|x| x.abs() < 1e-6));
    }
}
