//! Every kernel that the machine has, forced in turn, against the definition.

use super::split::{Blocks, part};
use super::*;
use proptest::prelude::*;

/// The definition: `C[i, j] = Σ_p A[i, p]·B[p, j]`, in `f64`.
fn reference(a: MatrixRef<f64>, b: MatrixRef<f64>) -> Vec<f64> {
    let at = |m: &MatrixRef<f64>, i: usize, j: usize| m.data[i * m.row_stride + j * m.column_stride];
    let cell = |i: usize, j: usize| (0..a.columns).map(|p| at(&a, i, p) * at(&b, p, j)).sum();
    (0..a.rows).flat_map(|i| (0..b.columns).map(move |j| (i, j))).map(|(i, j)| cell(i, j)).collect()
}

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    use rand::{RngExt, SeedableRng};
    let mut rng = rand::rngs::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// A matrix of logical shape `[rows, columns]` over `data`, stored transposed if asked.
fn stored<T>(data: &[T], rows: usize, columns: usize, transposed: bool) -> MatrixRef<'_, T> {
    if transposed { MatrixRef::new(data, columns, rows).transposed() } else { MatrixRef::new(data, rows, columns) }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&x| x as f32).collect()
}

fn on_threads<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    crate::parallel::on_threads(threads, work).unwrap()
}

/// The numbers that are multiplied in this precision.
fn as_multiplied(numbers: &[f64], precision: Precision) -> Vec<f64> {
    let round = |&x: &f64| match precision {
        Precision::F32 => f64::from(x as f32),
        Precision::Bf16 => f64::from(pair::rounded(x as f32)),
    };
    numbers.iter().map(round).collect()
}

/// Every kernel that the machine has, in every precision.
pub fn kernels() -> impl Iterator<Item = Kernel> {
    Kernel::available().flat_map(|kernel| Precision::ALL.map(|precision| kernel.with(precision)))
}

/// How a matrix lies in memory: beside its neighbours along rows, along columns, or neither.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Rows,
    Columns,
    Scattered,
}

/// A matrix somewhere in a longer slice, with gaps.
#[derive(Clone, Copy, Debug)]
struct Place {
    layout: Layout,
    /// Elements before the first, so that vectors are not aligned.
    offset: usize,
    /// Elements between one row or column and the next.
    gap: usize,
}

impl Place {
    fn strides(self, [rows, columns]: [usize; 2]) -> [usize; 2] {
        match self.layout {
            Layout::Rows => [columns + self.gap, 1],
            Layout::Columns => [1, rows + self.gap],
            Layout::Scattered => [2 * columns + self.gap, 2],
        }
    }

    /// The same numbers in this place, and NaN wherever no element of the matrix lies.
    fn put(self, matrix: &[f64], shape: [usize; 2]) -> Vec<f32> {
        let [row_stride, column_stride] = self.strides(shape);
        let mut data = vec![f32::NAN; self.offset + matrix::extent(shape, self.strides(shape))];
        for (index, &number) in matrix.iter().enumerate() {
            let (i, j) = (index / shape[1], index % shape[1]);
            data[self.offset + i * row_stride + j * column_stride] = number as f32;
        }
        data
    }

    fn view(self, data: &[f32], shape: [usize; 2]) -> MatrixRef<'_, f32> {
        MatrixRef::with_strides(&data[self.offset..], shape, self.strides(shape))
    }
}

fn place() -> impl Strategy<Value = Place> {
    let layout = prop_oneof![Just(Layout::Rows), Just(Layout::Columns), Just(Layout::Scattered)];
    (layout, 0usize..4, 0usize..4).prop_map(|(layout, offset, gap)| Place { layout, offset, gap })
}

/// Lengths around nothing, tiles and vectors; some beyond several threads' shares.
fn length() -> impl Strategy<Value = usize> {
    prop_oneof![3 => 0usize..70, 2 => prop::sample::select(vec![0, 1, 13, 16, 17, 31, 32, 33, 97, 128, 211]), 1 => 70usize..300]
}

/// `(m, k, n)`, one of them longer than a block of the nest now and then.
fn shape() -> impl Strategy<Value = [usize; 3]> {
    let long = |(m, k, n)| {
        prop_oneof![Just([m, k, n]), Just([m, 512 + 7 * k, n]), Just([600 + m, 512, n]), Just([m, k, 700 + n])]
    };
    (length(), length(), length())
        .prop_flat_map(move |(m, k, n)| prop_oneof![5 => Just([m, k, n]), 1 => long((m / 4, k / 4, n / 4))])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn every_kernel_agrees_with_the_definition(
        [m, k, n] in shape(), a_place in place(), b_place in place(), c_offset in 0usize..4, gap in 0usize..3,
        add: bool, threads in 1usize..5, seed: u64,
    ) {
        let numbers = |count: usize, seed: u64| single(&numbers(count, seed)).into_iter().map(f64::from).collect::<Vec<_>>();
        let (a, b) = (numbers(m * k, seed), numbers(k * n, seed ^ 1));
        let expected = |precision| {
            let (a, b) = (as_multiplied(&a, precision), as_multiplied(&b, precision));
            reference(MatrixRef::new(&a, m, k), MatrixRef::new(&b, k, n))
        };
        let expected = [expected(Precision::F32), expected(Precision::Bf16)];
        let row_stride = n + gap;
        // Without `add` the former content must not be read: NaN would spread.
        let former: Vec<f32> = match add {
            true => single(&numbers(c_offset + m * row_stride, seed ^ 2)),
            false => vec![f32::NAN; c_offset + m * row_stride],
        };
        let (a32, b32) = (a_place.put(&a, [m, k]), b_place.put(&b, [k, n]));
        let beta = if add { Beta::One } else { Beta::Zero };
        for kernel in kernels() {
            let mut c = former.clone();
            let expected = &expected[usize::from(kernel.precision() == Precision::Bf16)];
            on_threads(threads, || {
                let c = MatrixMut::with_row_stride(&mut c[c_offset..], m, n, row_stride);
                gemm_with(kernel, a_place.view(&a32, [m, k]), b_place.view(&b32, [k, n]), beta, c);
            });
            for (at, (&now, &before)) in c.iter().zip(&former).enumerate() {
                let (i, j) = (at.wrapping_sub(c_offset) / row_stride.max(1), at.wrapping_sub(c_offset) % row_stride.max(1));
                if at < c_offset || j >= n {
                    prop_assert!(now.to_bits() == before.to_bits(), "{kernel:?} wrote outside C, at {at}");
                    continue;
                }
                let expected = expected[i * n + j] + if add { f64::from(before) } else { 0.0 };
                // Rounding k products of numbers below 1: at most k²/2 units, in practice √k.
                let tolerance = 4.0 * f64::from(f32::EPSILON) * (1.0 + k as f64).sqrt() * 4.0;
                prop_assert!(
                    (f64::from(now) - expected).abs() <= tolerance,
                    "{kernel:?}: C[{i}, {j}] is {now}, not {expected}",
                );
            }
        }
    }

    #[test]
    fn double_precision_agrees_with_the_definition(
        m in 0usize..70, k in 0usize..70, n in 0usize..70, a_transposed: bool, b_transposed: bool, add: bool,
        threads in 1usize..4, seed: u64,
    ) {
        let (a, b, former) = (numbers(m * k, seed), numbers(k * n, seed ^ 1), numbers(m * n, seed ^ 2));
        let (a, b) = (stored(&a, m, k, a_transposed), stored(&b, k, n, b_transposed));
        let mut c = former.clone();
        let beta = if add { Beta::One } else { Beta::Zero };
        on_threads(threads, || gemm(a, b, beta, MatrixMut::new(&mut c, m, n)));
        for ((c, former), product) in c.iter().zip(former).zip(reference(a, b)) {
            let expected = if add { former + product } else { product };
            prop_assert!((c - expected).abs() <= 1e-12);
        }
    }
}

/// The bits of a product of fixed numbers.
fn bits(kernel: Kernel, threads: usize, [m, k, n]: [usize; 3], transposed: bool) -> Vec<u32> {
    let (a, b) = (single(&numbers(m * k, 1)), single(&numbers(k * n, 2)));
    let mut c = single(&numbers(m * n, 3));
    let (a, b) = (stored(&a, m, k, transposed), stored(&b, k, n, transposed));
    on_threads(threads, || gemm_with(kernel, a, b, Beta::One, MatrixMut::new(&mut c, m, n)));
    c.iter().map(|x| x.to_bits()).collect()
}

const SHAPES: [[usize; 3]; 4] = [[131, 517, 263], [128, 1024, 784], [1024, 128, 100], [37, 2000, 41]];

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (kernel, shape) in kernels().flat_map(|kernel| SHAPES.map(|shape| (kernel, shape))) {
        for transposed in [false, true] {
            let one = bits(kernel, 1, shape, transposed);
            for threads in [2, 3, 4, 7] {
                let same = bits(kernel, threads, shape, transposed) == one;
                assert!(same, "{kernel:?}, {shape:?}: {threads} threads gave other bits than one");
            }
        }
    }
}

#[test]
fn both_vector_widths_give_the_same_bytes() {
    if let [Ok(wide), Ok(narrow)] = ["avx512", "avx2"].map(Kernel::by_name) {
        for shape in SHAPES {
            assert!(bits(wide, 1, shape, false) == bits(narrow, 1, shape, false), "{shape:?}");
        }
    }
}

#[test]
fn an_element_does_not_depend_on_its_place_in_a_tile() {
    // Rows and columns that are all alike give elements that are all alike, in whole tiles and ragged ones.
    let (m, k, n) = (45, 700, 75);
    let (row, column) = (single(&numbers(k, 1)), single(&numbers(k, 2)));
    for kernel in kernels().filter(|kernel| kernel.name() != "portable") {
        let mut c = vec![0.0; m * n];
        let a = MatrixRef::with_strides(&row, [m, k], [0, 1]);
        let b = MatrixRef::with_strides(&column, [k, n], [1, 0]);
        gemm_with(kernel, a, b, Beta::Zero, MatrixMut::new(&mut c, m, n));
        assert!(c.iter().all(|x| x.to_bits() == c[0].to_bits()), "{kernel:?}");
    }
}

#[test]
fn an_empty_sum_is_zero_or_changes_nothing() {
    for kernel in kernels() {
        let mut c = [f32::NAN; 6];
        gemm_with(
            kernel,
            MatrixRef::new(&[], 2, 0),
            MatrixRef::new(&[], 0, 3),
            Beta::Zero,
            MatrixMut::new(&mut c, 2, 3),
        );
        assert_eq!(c, [0.0; 6], "{kernel:?}");
        c = [7.0; 6];
        gemm_with(
            kernel,
            MatrixRef::new(&[], 2, 0),
            MatrixRef::new(&[], 0, 3),
            Beta::One,
            MatrixMut::new(&mut c, 2, 3),
        );
        assert_eq!(c, [7.0; 6], "{kernel:?}");
    }
}

#[test]
fn kernels_are_found_by_their_names_only() {
    for kernel in Kernel::available() {
        assert_eq!(Kernel::by_name(kernel.name()), Ok(kernel));
    }
    assert_eq!(Kernel::by_name("sse"), Err(KernelError::Unknown("sse".into())));
    assert!(Kernel::available().any(|available| available == kernel(Precision::F32)));
    assert!(kernels().any(|available| available == kernel(Precision::Bf16)));
}

#[test]
fn what_is_no_number_stays_none_and_infinity_stays_infinite() {
    // Row i of A is 1 everywhere but in one place; B is 1 everywhere. An odd depth, so that the last pair is not full.
    let (k, n) = (11, 19);
    let special = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::from_bits(1), -0.0];
    for (kernel, place) in kernels().flat_map(|kernel| (0..k).map(move |place| (kernel, place))) {
        let mut a = vec![1.0; special.len() * k];
        special.iter().enumerate().for_each(|(i, &x)| a[i * k + place] = x);
        let (b, mut c) = (vec![1.0; k * n], vec![0.0; special.len() * n]);
        let (a, b) = (MatrixRef::new(&a, special.len(), k), MatrixRef::new(&b, k, n));
        gemm_with(kernel, a, b, Beta::Zero, MatrixMut::new(&mut c, special.len(), n));
        for (row, &x) in c.chunks_exact(n).zip(&special) {
            let rest = (k - 1) as f32;
            // Rounded to 16 bits the largest number is infinite.
            let expected = if kernel.precision() == Precision::Bf16 { pair::rounded(x) } else { x } + rest;
            let right = |&sum: &f32| sum == expected || sum.is_nan() && expected.is_nan();
            assert!(row.iter().all(right), "{kernel:?}: {x} in place {place} gives {row:?}");
        }
    }
}

#[test]
fn blocks_cover_every_element_once() {
    for (rows, columns, threads) in [(128, 1024, 2), (1, 5000, 3), (700, 33, 7), (512, 512, 16), (17, 1, 4)] {
        let blocks = Blocks::of(rows, columns, 1 << 20, threads);
        let mut seen = vec![0; rows * columns];
        for (r, c) in (0..blocks.count()).map(|i| blocks.get(i)) {
            r.for_each(|i| c.clone().for_each(|j| seen[i * columns + j] += 1));
        }
        assert!(seen.iter().all(|&count| count == 1), "{rows}x{columns} in {} blocks", blocks.count());
    }
}

#[test]
fn parts_are_even_and_complete() {
    for (length, count) in [(128, 10), (5, 7), (0, 1), (784, 3)] {
        let parts: Vec<_> = (0..count).map(|i| part(length, i, count)).collect();
        assert!(parts[0].start == 0 && parts[count - 1].end == length);
        assert!(parts.windows(2).all(|pair| pair[0].end == pair[1].start));
        assert!(parts.iter().all(|part| part.len() >= length / count && part.len() <= length.div_ceil(count)));
    }
}

#[test]
#[should_panic(expected = "[2, 3] times [2, 3] does not give [2, 3]")]
fn shapes_that_do_not_fit_are_named() {
    let x = [0.0f32; 6];
    gemm(MatrixRef::new(&x, 2, 3), MatrixRef::new(&x, 2, 3), Beta::Zero, MatrixMut::new(&mut [0.0; 6], 2, 3));
}

#[test]
fn a_stride_too_large_to_count_is_refused() {
    let strides = [usize::MAX / 2 + 1, 1]; // twice that is 0, where nobody looks
    let seen = std::panic::catch_unwind(|| MatrixRef::with_strides(&[0.0f32; 3], [3, 2], strides));
    assert!(seen.is_err());
    let written = std::panic::catch_unwind(|| MatrixMut::with_row_stride(&mut [0.0f32; 3], 3, 2, strides[0]).rows);
    assert!(written.is_err());
}
