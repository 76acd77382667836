//! The loops under the operations: element by element, and sums.

use super::{Pool, Real, Tensor};
use crate::parallel::{GRAIN, Loop, in_chunks, in_pieces, in_rows, run_vectorised, vectorised};
use std::ops::Range;

/// The elements in row-major order.
pub fn slice<T>(x: &Tensor<T>) -> &[T] {
    x.as_slice().expect("values on a tape are contiguous")
}

/// The elements in row-major order, to be written.
pub fn slice_mut<T: Real>(x: &mut Tensor<T>) -> &mut [T] {
    x.as_slice_mut().expect("values on a tape are contiguous")
}

/// `y ← x`, which are of one length.
pub fn copy<T: Real>(x: &[T], y: &mut [T]) {
    assert!(x.len() == y.len(), "{} elements for {}", x.len(), y.len());
    in_pieces(y, |start, piece| piece.copy_from_slice(&x[start..][..piece.len()]));
}

/// `f` of every element.
pub fn map<T: Real>(x: &Tensor<T>, pool: &mut Pool<T>, f: impl Fn(T) -> T + Sync + Copy) -> Tensor<T> {
    let mut result = pool.take(x.shape());
    map_into(x, &mut result, f);
    result
}

/// `y ← f(x)`, element by element.
pub fn map_into<T: Real>(x: &Tensor<T>, y: &mut Tensor<T>, f: impl Fn(T) -> T + Sync + Copy) {
    let x = slice(x);
    in_pieces(slice_mut(y), |start, piece| {
        let here = f; // with its constants, which the loop can then keep in registers
        for (y, &x) in piece.iter_mut().zip(&x[start..]) {
            *y = here(x);
        }
    });
}

/// `x ← f(x, b)` for every row of `x`, which is as long as `b`, element by element.
pub fn zip_rows_in_place<T: Real>(x: &mut Tensor<T>, b: &[T], f: impl Fn(T, T) -> T + Sync + Copy) {
    in_rows(slice_mut(x), b.len(), |_, row| {
        let here = f;
        row.iter_mut().zip(b).for_each(|(x, &b)| *x = here(*x, b));
    });
}

/// `f` of every pair of elements, the shapes broadcast against each other (right-aligned, an
/// extent of 1 stretched, as in NumPy).
pub fn zip<T: Real>(
    name: &str,
    a: &Tensor<T>,
    b: &Tensor<T>,
    pool: &mut Pool<T>,
    f: impl Fn(T, T) -> T + Sync + Copy,
) -> Tensor<T> {
    if a.shape() == b.shape() {
        let mut result = pool.take(a.shape());
        let (a, b) = (slice(a), slice(b));
        in_pieces(slice_mut(&mut result), |start, piece| {
            let here = f;
            for ((y, &a), &b) in piece.iter_mut().zip(&a[start..]).zip(&b[start..]) {
                *y = here(a, b);
            }
        });
        return result;
    }
    if let Some(result) = zip_stretched(a, b, pool, f).or_else(|| zip_stretched(b, a, pool, move |b, a| f(a, b))) {
        return result;
    }
    let shape = broadcast_shape(a.shape(), b.shape())
        .unwrap_or_else(|| panic!("{name}: shapes {:?} and {:?} do not broadcast", a.shape(), b.shape()));
    let [a, b] = [a, b].map(|x| broadcast_to(x, &shape, pool));
    let result = zip(name, &a, &b, pool, f);
    [a, b].into_iter().for_each(|stretched| pool.give(stretched));
    result
}

/// [`zip`] where `b` is stretched to the shape of `a` in one of the usual ways: one number for all, one number
/// for each row of `a`, or one row for all rows.
fn zip_stretched<T: Real>(
    a: &Tensor<T>,
    b: &Tensor<T>,
    pool: &mut Pool<T>,
    f: impl Fn(T, T) -> T + Sync + Copy,
) -> Option<Tensor<T>> {
    if b.ndim() > a.ndim() {
        return None;
    }
    if b.len() == 1 {
        let b = slice(b)[0];
        return Some(map(a, pool, move |a| f(a, b)));
    }
    let length = a.shape().last().copied().unwrap_or(1);
    let one_a_row = b.shape().last() == Some(&1) && b.shape()[..b.ndim() - 1] == a.shape()[..a.ndim() - 1];
    let leading = b.shape().iter().take_while(|&&extent| extent == 1).count();
    let one_row = a.shape().ends_with(&b.shape()[leading..]);
    let (x, weights) = (slice(a), slice(b));
    let run = |result: &mut Tensor<T>| match one_a_row {
        true => in_rows(slice_mut(result), length, |i, row| {
            let (here, b) = (f, weights[i]);
            row.iter_mut().zip(&x[i * length..]).for_each(|(y, &a)| *y = here(a, b));
        }),
        false => in_rows(slice_mut(result), weights.len(), |i, row| {
            let here = f;
            let pairs = x[i * weights.len()..].iter().zip(weights);
            row.iter_mut().zip(pairs).for_each(|(y, (&a, &b))| *y = here(a, b));
        }),
    };
    (one_a_row || one_row).then(|| {
        let mut result = pool.take(a.shape());
        run(&mut result);
        result
    })
}

/// The shape both can be broadcast to, if there is one.
fn broadcast_shape(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let extent = |shape: &[usize], axis: usize| (axis + shape.len()).checked_sub(rank).map_or(1, |i| shape[i]);
    (0..rank)
        .map(|axis| match (extent(a, axis), extent(b, axis)) {
            (a, b) if a == b => Some(a),
            (1, n) | (n, 1) => Some(n),
            _ => None,
        })
        .collect()
}

/// `x` repeated along its axes of extent 1 until it has this shape.
pub fn broadcast_to<T: Real>(x: &Tensor<T>, shape: &[usize], pool: &mut Pool<T>) -> Tensor<T> {
    let mut result = pool.take(shape);
    let view = x.broadcast(shape);
    result.assign(&view.unwrap_or_else(|| panic!("broadcast: shape {:?} does not stretch to {shape:?}", x.shape())));
    result
}

/// The sum over those axes along which `shape` has extent 1 (or, at the left, no axis at all):
/// what [`broadcast_to`] is the adjoint of.
pub fn sum_to<T: Real>(x: &Tensor<T>, shape: &[usize], pool: &mut Pool<T>) -> Tensor<T> {
    let target: Vec<usize> =
        std::iter::repeat_n(1, x.ndim().saturating_sub(shape.len())).chain(shape.iter().copied()).collect();
    let fits = target.len() == x.ndim() && target.iter().zip(x.shape()).all(|(&t, &n)| t == n || t == 1);
    assert!(fits, "sum_to: shape {:?} does not sum to {shape:?}", x.shape());

    let mut extents = x.shape().to_vec();
    let mut partial: Option<Tensor<T>> = None;
    let mut axis = 0;
    while axis < extents.len() {
        let run = (axis..extents.len()).take_while(|&i| target[i] != extents[i]).count();
        if run > 0 {
            let outer = extents[..axis].iter().product();
            let summed = extents[axis..axis + run].iter().product();
            let inner = extents[axis + run..].iter().product();
            extents[axis..axis + run].fill(1);
            let mut result = pool.take(&extents);
            sum_middle(slice(partial.as_ref().unwrap_or(x)), [outer, summed, inner], slice_mut(&mut result));
            if let Some(used) = partial.replace(result) {
                pool.give(used);
            }
        }
        axis += run.max(1);
    }
    match partial {
        Some(sum) => sum.into_shape_with_order(shape).expect("extents of 1 may come and go"),
        None => {
            let mut result = pool.take(shape);
            copy(slice(x), slice_mut(&mut result));
            result
        }
    }
}

/// `yᵢ = wᵢ·xᵢ` for each row `xᵢ`; one weight a row.
pub fn scale_rows<T: Real>(x: &[T], weights: &[T], y: &mut [T]) {
    let length = x.len() / weights.len().max(1);
    assert!(weights.len() * length == x.len(), "{} weights for {} elements", weights.len(), x.len());
    in_rows(y, length, |i, row| {
        let weight = weights[i];
        row.iter_mut().zip(&x[i * length..]).for_each(|(y, &x)| *y = weight * x);
    });
}

/// `Σᵢ xᵢ` over the rows of `x`, each as long as `sum`.
pub fn sum_rows<T: Real>(x: &[T], sum: &mut [T]) {
    sum_middle(x, [1, x.len() / sum.len().max(1), sum.len()], sum);
}

/// Sums the middle axis of `x: [outer, summed, inner]` into `result: [outer, inner]`.
fn sum_middle<T: Real>(x: &[T], [outer, summed, inner]: [usize; 3], result: &mut [T]) {
    if inner == 1 {
        let together = rows_together(summed);
        in_chunks(result, together, &|first, sums| {
            let numbered = (first * together..).zip(sums);
            vectorised(|| numbered.for_each(|(i, sum)| *sum = sum_contiguous(&x[i * summed..][..summed])));
        });
        return;
    }
    for block in 0..outer {
        let (x, sums) = (&x[block * summed * inner..][..summed * inner], &mut result[block * inner..][..inner]);
        let columns = if x.len() <= GRAIN { inner } else { (GRAIN / summed.max(1)).max(HALF) };
        in_chunks(sums, columns, &|piece, sums| {
            // Many columns are summed row by row: their pieces of a row are long enough to be fetched ahead.
            if sums.len() <= TOGETHER {
                return sum_columns([x], inner, piece * columns, None, [sums], |x, _| x);
            }
            vectorised(|| {
                sums.fill(T::ZERO);
                for row in x.chunks_exact(inner) {
                    sums.iter_mut().zip(&row[piece * columns..]).for_each(|(sum, &x)| *sum += x);
                }
            });
        });
    }
}

/// Columns that [`sum_columns`] sums at a time, in registers.
const TOGETHER: usize = 32;
const HALF: usize = TOGETHER / 2;

/// `sums[n][c] = Σ term(x, k)[n]` over the rows of arrays `[rows, columns]`, where `x` is the number of each array in this
/// row and column, and `k` the constant of this column, or 0 without constants. Columns are those from `first` on, as many
/// as there are sums; each is summed from the first row to the last.
pub fn sum_columns<T: Real, const M: usize, const N: usize>(
    arrays: [&[T]; M],
    columns: usize,
    first: usize,
    constants: Option<&[T]>,
    sums: [&mut [T]; N],
    term: impl Fn([T; M], T) -> [T; N],
) {
    run_vectorised(SumColumns { arrays, columns, first, constants, sums, term });
}

/// See [`sum_columns`].
struct SumColumns<'a, T, const M: usize, const N: usize, F> {
    arrays: [&'a [T]; M],
    columns: usize,
    first: usize,
    constants: Option<&'a [T]>,
    sums: [&'a mut [T]; N],
    term: F,
}

impl<T: Real, const M: usize, const N: usize, F: Fn([T; M], T) -> [T; N]> Loop for SumColumns<'_, T, M, N, F> {
    #[inline(always)]
    fn run(self) {
        let Self { arrays, columns, first, constants, sums, term } = self;
        let count = sums[0].len();
        for start in (0..count).step_by(TOGETHER) {
            let width = TOGETHER.min(count - start);
            let mut constant = [T::ZERO; TOGETHER];
            if let Some(constants) = constants {
                constant[..width].copy_from_slice(&constants[start..][..width]);
            }
            // Each arm is compiled for its width.
            let here = match width {
                TOGETHER => sum_some_columns(arrays, [columns, first + start, TOGETHER], &constant, &term),
                HALF => sum_some_columns(arrays, [columns, first + start, HALF], &constant, &term),
                _ => sum_some_columns(arrays, [columns, first + start, width], &constant, &term),
            };
            for n in 0..N {
                sums[n][start..start + width].copy_from_slice(&here[n][..width]);
            }
        }
    }
}

/// `width` columns from `first` on.
#[inline(always)]
fn sum_some_columns<T: Real, const M: usize, const N: usize>(
    arrays: [&[T]; M],
    [columns, first, width]: [usize; 3],
    constants: &[T; TOGETHER],
    term: &impl Fn([T; M], T) -> [T; N],
) -> [[T; TOGETHER]; N] {
    let mut sums = [[T::ZERO; TOGETHER]; N];
    for row in 0..arrays[0].len() / columns {
        let pieces = arrays.map(|array| &array[row * columns + first..][..width]);
        for c in 0..width {
            let terms = term(std::array::from_fn(|m| pieces[m][c]), constants[c]);
            for n in 0..N {
                sums[n][c] += terms[n];
            }
        }
    }
    sums
}

/// How many rows of `width` elements a piece of [`partial_sums`] has; the last one may have fewer.
pub fn rows_together(width: usize) -> usize {
    (GRAIN / width.max(1)).max(1)
}

/// What a long matrix is summed to, column by column, in two steps. Calls `sum(rows, partial)` for pieces of
/// `rows` rows of `width` elements, each with a row of `outputs` elements of the result, `[pieces, outputs]`, to
/// write. The pieces depend on the shape alone, so whoever adds them up in order gets the same sum on any number
/// of threads.
pub fn partial_sums<T: Real>(
    [rows, width]: [usize; 2],
    outputs: usize,
    pool: &mut Pool<T>,
    sum: impl Fn(Range<usize>, &mut [T]) + Sync,
) -> Tensor<T> {
    let together = rows_together(width);
    let pieces = rows.div_ceil(together).max(1);
    let mut partial = pool.take(&[pieces, outputs]);
    in_chunks(slice_mut(&mut partial), outputs, &|i, partial| {
        sum(i * together..((i + 1) * together).min(rows), partial);
    });
    partial
}

/// The sum of a slice in 16 interleaved partial sums: vector code, and a smaller rounding error
/// than one after the other.
pub fn sum_contiguous<T: Real>(x: &[T]) -> T {
    let mut lanes = [T::ZERO; 16];
    let chunks = x.chunks_exact(16);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += x;
        }
    }
    lanes.iter().chain(rest).fold(T::ZERO, |sum, &x| sum + x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array, Axis, Dimension};

    #[test]
    fn sums_agree_with_ndarrays() {
        let mut pool = Pool::default();
        let x =
            Array::from_shape_fn((3, 40, 700), |(i, j, k)| (i * 31 + j * 7 + k) as f64 % 11.0).into_dyn().into_shared();
        let over = |axis: usize, x: &Tensor<f64>| x.sum_axis(Axis(axis)).into_shared();
        assert_eq!(sum_to(&x, &[40, 700], &mut pool), over(0, &x));
        assert_eq!(sum_to(&x, &[3, 1, 700], &mut pool), over(1, &x).insert_axis(Axis(1)));
        assert_eq!(sum_to(&x, &[3, 40, 1], &mut pool), over(2, &x).insert_axis(Axis(2)));
        assert_eq!(sum_to(&x, &[1, 40, 1], &mut pool), over(0, &over(2, &x)).insert_axis(Axis(0)).insert_axis(Axis(2)));
        assert_eq!(sum_to(&x, &[], &mut pool).sum(), x.sum());
        assert_eq!(sum_to(&x, &[3, 40, 700], &mut pool), x);
    }

    #[test]
    fn a_stretched_operand_is_stretched_as_ndarray_does() {
        let mut pool = Pool::default();
        let wave = |shape: &[usize]| {
            Array::from_shape_fn(shape, |i| i.slice().iter().fold(1.0, |x, &i| 3.0 * x - i as f64)).into_shared()
        };
        let a = wave(&[3, 1, 4, 2]);
        for shape in
            [&[][..], &[1, 1], &[2], &[1, 2], &[4, 2], &[1, 4, 2], &[3, 1, 4, 1], &[3, 1, 1, 2], &[4, 1], &[5, 4, 2]]
        {
            let b = wave(shape);
            assert_eq!(zip("sub", &a, &b, &mut pool, |a, b| a - b), &a - &b, "{shape:?}");
            assert_eq!(zip("sub", &b, &a, &mut pool, |b, a| b - a), &b - &a, "{shape:?}");
        }
    }

    #[test]
    fn shapes_broadcast_as_in_numpy() {
        assert_eq!(broadcast_shape(&[4, 1], &[3]), Some(vec![4, 3]));
        assert_eq!(broadcast_shape(&[], &[2, 3]), Some(vec![2, 3]));
        assert_eq!(broadcast_shape(&[2], &[3]), None);
    }

    #[test]
    #[should_panic(expected = "add: shapes [2] and [3] do not broadcast")]
    fn shapes_that_do_not_broadcast_are_named() {
        let (a, b) = (Tensor::<f32>::zeros(vec![2]), Tensor::zeros(vec![3]));
        zip("add", &a, &b, &mut Pool::default(), |a, b| a + b);
    }
}
