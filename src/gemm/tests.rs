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
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..count).map(|_| rng.random_range(-1.0..1.0)).collect()
}

/// A matrix of logical shape `[rows, columns]` over `data`, stored transposed if asked.
fn stored<T>(data: &[T], rows: usize, columns: usize, transposed: bool) -> MatrixRef<'_, T> {
    if transposed { MatrixRef::new(data, columns, rows).transposed() } else { MatrixRef::new(data, rows, columns) }
}

fn single(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&x| x as f32).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn agrees_with_the_definition(
        m in 0usize..70, k in 0usize..70, n in 0usize..70,
        a_transposed: bool, b_transposed: bool, add: bool, gap in 0usize..3, threads in 1usize..4, seed: u64,
    ) {
        let (a, b) = (numbers(m * k, seed), numbers(k * n, seed ^ 1));
        let row_stride = n + gap;
        let former = numbers(m * row_stride, seed ^ 2);
        let product = reference(stored(&a, m, k, a_transposed), stored(&b, k, n, b_transposed));
        let beta = if add { Beta::One } else { Beta::Zero };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();

        let mut double = former.clone();
        let (a32, b32, mut c32) = (single(&a), single(&b), single(&former));
        pool.install(|| {
            gemm(
                stored(&a, m, k, a_transposed),
                stored(&b, k, n, b_transposed),
                beta,
                MatrixMut::with_row_stride(&mut double, m, n, row_stride),
            );
            gemm(
                stored(&a32, m, k, a_transposed),
                stored(&b32, k, n, b_transposed),
                beta,
                MatrixMut::with_row_stride(&mut c32, m, n, row_stride),
            );
        });
        for i in 0..m {
            for j in 0..row_stride {
                let at = i * row_stride + j;
                let expected = match (j < n, add) {
                    (true, true) => former[at] + product[i * n + j],
                    (true, false) => product[i * n + j],
                    (false, _) => former[at], // between the rows: untouched
                };
                prop_assert!((double[at] - expected).abs() <= 1e-12);
                prop_assert!((f64::from(c32[at]) - expected).abs() <= 1e-4);
            }
        }
    }
}

#[test]
fn zero_beta_does_not_read_what_was_there() {
    let mut c = [f32::NAN; 4];
    gemm(
        MatrixRef::new(&[1.0, 2.0], 2, 1),
        MatrixRef::new(&[3.0, 4.0], 1, 2),
        Beta::Zero,
        MatrixMut::new(&mut c, 2, 2),
    );
    assert_eq!(c, [3.0, 4.0, 6.0, 8.0]);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let (m, k, n) = (131, 517, 263);
    let (a, b) = (single(&numbers(m * k, 1)), single(&numbers(k * n, 2)));
    let product = |threads: usize| {
        let mut c = vec![0.0f32; m * n];
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            gemm(MatrixRef::new(&a, m, k), MatrixRef::new(&b, k, n), Beta::Zero, MatrixMut::new(&mut c, m, n))
        });
        c.iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    let one = product(1);
    for threads in [2, 3, 4, 7] {
        assert!(product(threads) == one, "{threads} threads gave other bits than one");
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
#[should_panic(expected = "[2, 3] times [2, 3] does not give [2, 3]")]
fn shapes_that_do_not_fit_are_named() {
    let x = [0.0f32; 6];
    gemm(MatrixRef::new(&x, 2, 3), MatrixRef::new(&x, 2, 3), Beta::Zero, MatrixMut::new(&mut [0.0; 6], 2, 3));
}
