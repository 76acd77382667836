//! Is this derivative right? Ask the function itself.
//!
//! [`check`] compares the gradients that the tape computes with central differences,
//! `(f(x + ε) − f(x − ε)) / 2ε`, in `f64`. Outputs are summed with random weights, since a plain
//! sum is blind wherever outputs add up to a constant.
//!
//! ```
//! use ndarray::array;
//! use twoplayer::autodiff::gradcheck::{Order, check};
//!
//! let report = check(|x| x[0].matmul(x[1]).tanh(), &[array![[0.3, -0.8]].into_dyn(), array![[1.0], [0.5]].into_dyn()], Order::First);
//! println!("{report}"); // the worst of 4 derivatives, with both numbers
//! assert!(report.within(1e-6));
//! ```

use super::{Tape, Var};
use ndarray::{ArrayD, Dimension};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::fmt;

/// Which derivative is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The gradient of `⟨w, f(x)⟩` for random `w`.
    First,
    /// The gradient, with respect to the inputs *and* the output weights `w`, of
    /// `½‖g‖² + ⟨v, g⟩`, where `g` is the first gradient and `v` random. This is what a
    /// gradient penalty needs; the part along `w` also shows that the vector-Jacobian product
    /// of a linear operation is differentiable.
    Second,
}

/// The worst derivative that [`check`] found.
#[derive(Clone, Debug)]
pub struct Report {
    /// How many derivatives were compared.
    pub compared: usize,
    /// The input that holds the element with the largest error.
    pub input: usize,
    /// That element's index in the input.
    pub element: Vec<usize>,
    /// The derivative on the tape.
    pub by_tape: f64,
    /// The derivative by central differences.
    pub by_differences: f64,
    /// `|tape − differences| / max(0.1, |tape|, |differences|)`; NaN when either is.
    pub relative_error: f64,
}

impl Report {
    /// Whether every derivative agrees to this relative error. A NaN agrees with nothing.
    pub fn within(&self, tolerance: f64) -> bool {
        self.relative_error <= tolerance
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { compared, input, element, by_tape, by_differences, relative_error } = self;
        write!(
            f,
            "worst of {compared} derivatives: input {input}, element {element:?}: \
             {by_tape:.12e} by tape, {by_differences:.12e} by differences, relative error {relative_error:.2e}"
        )
    }
}

/// Half the distance over which a difference is taken: the error of the method (ε²) and of
/// rounding (10⁻¹⁶/ε) are both near 10⁻¹¹.
const STEP: f64 = 5e-6;

/// Compares the tape's derivatives of `function` at `inputs` with central differences.
///
/// `function` may be of any number of inputs and return a value of any shape; it is called many
/// times and must give the same value each time. It must be smooth near `inputs`: keep them
/// away from a kink such as ReLU's at 0.
///
/// # Panics
/// When there is no element to compare.
pub fn check(
    function: impl for<'t> Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    inputs: &[ArrayD<f64>],
    order: Order,
) -> Report {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut random = |shape: &[usize]| {
        ArrayD::from_shape_simple_fn(shape, || rng.random_range(0.5..1.5) * if rng.random() { 1.0 } else { -1.0 })
    };

    let output_shape = {
        let tape = Tape::new();
        function(&leaves(&tape, inputs)).shape()
    };
    let mut weights = random(&output_shape);
    if weights.len() == 1 && order == Order::First {
        weights.fill(1.0); // a single number has nothing to be weighed against
    }
    match order {
        Order::First => compare(inputs, |tape, x| weighted(&function, x, tape.leaf(weights.clone()))),
        Order::Second => {
            let directions: Vec<_> = inputs.iter().map(|x| random(x.shape())).collect();
            let mut extended = inputs.to_vec();
            extended.push(weights);
            compare(&extended, |tape, x| {
                let (weights, x) = x.split_last().expect("the weights are the last input");
                let gradients = tape.differentiable_gradients(weighted(&function, x, *weights), x);
                let parts =
                    gradients.iter().zip(&directions).map(|(&g, v)| (g * g * 0.5 + g * tape.leaf(v.clone())).sum());
                parts.reduce(|a, b| a + b).expect("at least one input")
            })
        }
    }
}

/// `⟨weights, f(x)⟩`.
fn weighted<'t>(
    function: impl Fn(&[Var<'t, f64>]) -> Var<'t, f64>,
    x: &[Var<'t, f64>],
    weights: Var<'t, f64>,
) -> Var<'t, f64> {
    (function(x) * weights).sum()
}

fn leaves<'t>(tape: &'t Tape<f64>, inputs: &[ArrayD<f64>]) -> Vec<Var<'t, f64>> {
    inputs.iter().map(|x| tape.leaf(x.clone())).collect()
}

/// Compares the gradient of a scalar function with central differences, element by element.
fn compare(inputs: &[ArrayD<f64>], scalar: impl for<'t> Fn(&'t Tape<f64>, &[Var<'t, f64>]) -> Var<'t, f64>) -> Report {
    let mut tape = Tape::new();
    let gradients = {
        let x = leaves(&tape, inputs);
        let y = scalar(&tape, &x);
        tape.gradients(y, &x).into_iter().map(Var::value).collect::<Vec<_>>()
    };
    let mut shifted = inputs.to_vec();
    let mut value_at = |input: usize, element: &[usize], x: f64| {
        shifted[input][element] = x;
        tape.reset();
        let value = scalar(&tape, &leaves(&tape, &shifted)).item();
        shifted[input][element] = inputs[input][element];
        value
    };

    let mut worst: Option<Report> = None;
    let mut compared = 0;
    for (input, (x, gradient)) in inputs.iter().zip(&gradients).enumerate() {
        for (element, &by_tape) in gradient.indexed_iter() {
            let element = element.slice();
            let (low, high) = (x[element] - STEP, x[element] + STEP);
            // The distance as it came out after rounding, not as it was meant.
            let by_differences = (value_at(input, element, high) - value_at(input, element, low)) / (high - low);
            let scale = by_tape.abs().max(by_differences.abs()).max(0.1);
            let relative_error = (by_tape - by_differences).abs() / scale;
            compared += 1;
            // Nothing is worse than a NaN: once there, it stays.
            if worst.as_ref().is_none_or(|w| relative_error > w.relative_error || relative_error.is_nan()) {
                let element = element.to_vec();
                worst = Some(Report { compared: 0, input, element, by_tape, by_differences, relative_error });
            }
        }
    }
    let worst = worst.expect("gradcheck: the inputs have no elements");
    Report { compared, ..worst }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_right_derivative_passes_and_says_how_close_it_was() {
        let report =
            check(|x| x[0].exp() * x[1], &[array![0.3, -1.0].into_dyn(), array![2.0, 0.5].into_dyn()], Order::First);
        assert!(report.within(1e-8), "{report}");
        assert_eq!(report.compared, 4);
    }

    #[test]
    fn a_wrong_derivative_fails_at_the_element_that_is_wrong() {
        // The tape does not see the detached factor, the differences do.
        fn wrong<'t>(x: &[Var<'t, f64>]) -> Var<'t, f64> {
            x[0] * x[1].detach()
        }
        let report = check(wrong, &[array![1.0].into_dyn(), array![3.0].into_dyn()], Order::First);
        assert!(!report.within(1e-2));
        assert_eq!((report.input, report.element, report.by_tape), (1, vec![0], 0.0));
    }

    #[test]
    fn a_nan_fails() {
        let report = check(|x| x[0].sqrt(), &[array![-1.0, 4.0].into_dyn()], Order::First);
        assert!(report.relative_error.is_nan() && !report.within(f64::INFINITY));
    }
}
