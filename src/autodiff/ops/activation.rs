//! The functions between a network's layers, and softplus, from which its losses are made.

use super::notation::number;
use crate::autodiff::{Activation, Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::{in_rows, vectorised};

impl Activation {
    /// `f(x)` of one number.
    pub fn of<T: Real>(self, x: T) -> T {
        let mut number = [x];
        self.finish_rows(&mut number, &[T::ZERO]);
        number[0]
    }

    /// `f` of a number of this name, in a formula.
    pub(super) fn formula_of(self, x: &str) -> String {
        match self {
            Activation::Identity => x.into(),
            Activation::LeakyRelu { slope: 0.0 } => format!("max({x}, 0)"),
            Activation::LeakyRelu { slope } => format!("max({x}, {}·{x})", number(slope)),
            Activation::Sigmoid => format!("1 / (1 + e^−{x})"),
            Activation::Tanh => format!("tanh {x}"),
        }
    }

    /// `f` of a sum, in a formula: `f(a + b), f(s) = max(s, 0)`.
    pub(super) fn formula_of_sum(self, sum: &str) -> String {
        match self {
            Activation::Identity => sum.into(),
            f => format!("f({sum}), f(s) = {}", f.formula_of("s")),
        }
    }

    /// `x ← f(x + b)` for each row `x` of `rows`, which are as long as `b`.
    pub(super) fn apply_to_sum<T: Real>(self, rows: &mut Tensor<T>, b: &[T]) {
        struct Sum<'a, T>(&'a mut Tensor<T>, &'a [T]);
        impl<T: Real> Loop<T> for Sum<'_, T> {
            fn run(self, f: impl Fn(T) -> T + Sync + Copy) {
                kernels::zip_rows_in_place(self.0, self.1, move |x, b| f(x + b));
            }
        }
        self.run_in(Sum(rows, b));
    }

    /// `x ← f(x + b)` for each row `x` of `rows`, which are as long as `b`, on this thread.
    pub(super) fn finish_rows<T: Real>(self, rows: &mut [T], b: &[T]) {
        struct Rows<'a, T>(&'a mut [T], &'a [T]);
        impl<T: Real> Loop<T> for Rows<'_, T> {
            fn run(self, f: impl Fn(T) -> T + Sync + Copy) {
                vectorised(|| {
                    for row in self.0.chunks_exact_mut(self.1.len()) {
                        row.iter_mut().zip(self.1).for_each(|(x, &b)| *x = f(*x + b));
                    }
                });
            }
        }
        self.run_in(Rows(rows, b));
    }

    /// `y ← f((x − m)·s + b)` for each row of `x`, with `[m, s, b]` as long as a row.
    pub(super) fn apply_to_scaled<T: Real>(self, x: &[T], coefficients: [&[T]; 3], y: &mut [T]) {
        struct Scaled<'a, T>(&'a [T], [&'a [T]; 3], &'a mut [T]);
        impl<T: Real> Loop<T> for Scaled<'_, T> {
            fn run(self, f: impl Fn(T) -> T + Sync + Copy) {
                let Scaled(x, [m, s, b], y) = self;
                let length = m.len();
                in_rows(y, length, |i, row| {
                    let (here, x) = (f, &x[i * length..][..length]);
                    let (m, s, b) = (&m[..length], &s[..length], &b[..length]);
                    for (c, y) in row.iter_mut().enumerate() {
                        *y = here((x[c] - m[c]) * s[c] + b[c]);
                    }
                });
            }
        }
        self.run_in(Scaled(x, coefficients, y));
    }

    /// Runs a loop over this function.
    fn run_in<T: Real>(self, one: impl Loop<T>) {
        match self {
            Activation::Identity => one.run(|x| x),
            Activation::LeakyRelu { slope } => {
                let slope = T::from_f64(slope);
                one.run(move |x| if x > T::ZERO { x } else { slope * x });
            }
            Activation::Sigmoid => one.run(T::sigmoid),
            Activation::Tanh => one.run(T::hyperbolic_tangent),
        }
    }
}

/// A loop that is compiled for each function it is run over, so that each becomes vector code.
trait Loop<T> {
    fn run(self, f: impl Fn(T) -> T + Sync + Copy);
}

/// `y = f(x)`.
#[derive(Debug)]
struct Activate(Activation);

impl<T: Real> Operation<T> for Activate {
    fn formula(&self) -> String {
        format!("y = {}", self.0.formula_of("x"))
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        struct Map<'a, T>(&'a Tensor<T>, &'a mut Tensor<T>);
        impl<T: Real> Loop<T> for Map<'_, T> {
            fn run(self, f: impl Fn(T) -> T + Sync + Copy) {
                kernels::map_into(self.0, self.1, f);
            }
        }
        let mut y = pool.take(x[0].shape());
        self.0.run_in(Map(x[0], &mut y));
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, y) = (step.gradient(), step.output);
        step.add(0, || g.through(self.0, y));
    }
}

/// `g · f′`, with `f′` in terms of `y = f(x)`: the derivative of [`Activate`].
#[derive(Debug)]
struct ActivationGradient(Activation);

impl<T: Real> Operation<T> for ActivationGradient {
    fn formula(&self) -> String {
        match self.0 {
            Activation::Identity => "x̄ = g".into(),
            Activation::LeakyRelu { slope } => format!("x̄ = g where y > 0, else {}·g", number(slope)),
            Activation::Sigmoid => "x̄ = g·y·(1 − y)".into(),
            Activation::Tanh => "x̄ = g·(1 − y²)".into(),
        }
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (g, y) = (inputs[0], inputs[1]);
        match self.0 {
            Activation::Identity => kernels::zip("activation gradient", g, y, pool, |g, _| g),
            Activation::LeakyRelu { slope } => {
                let slope = T::from_f64(slope);
                kernels::zip("activation gradient", g, y, pool, move |g, y| if y > T::ZERO { g } else { slope * g })
            }
            Activation::Sigmoid => kernels::zip("activation gradient", g, y, pool, |g, y| g * y * (T::ONE - y)),
            Activation::Tanh => kernels::zip("activation gradient", g, y, pool, |g, y| g * (T::ONE - y * y)),
        }
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (u, g, y) = (step.gradient(), step.input(0), step.input(1));
        step.add(0, || u.through(self.0, y));
        match self.0 {
            // The slope is constant on either side of the kink: nothing flows to y.
            Activation::Identity | Activation::LeakyRelu { .. } => {}
            // d/dy y(1 − y) = 1 − 2y
            Activation::Sigmoid => step.add(1, || u * g * y.affine(T::from_f64(-2.0), T::ONE)),
            // d/dy (1 − y²) = −2y
            Activation::Tanh => step.add(1, || u * g * y * T::from_f64(-2.0)),
        }
    }
}

/// `log(1 + eˣ)`.
#[derive(Debug)]
struct Softplus;

impl<T: Real> Operation<T> for Softplus {
    fn formula(&self) -> String {
        "y = ln(1 + eˣ)".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::map(x[0], pool, T::softplus)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g * x.sigmoid());
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// `f(x)`, element by element.
    pub fn activate(self, activation: Activation) -> Var<'t, T> {
        match activation {
            Activation::Identity => self,
            _ => self.tape().apply(Activate(activation), &[self]),
        }
    }

    /// This gradient with respect to `f(x)`, led back through `f` to `x`, given `y = f(x)`.
    pub(super) fn through(self, activation: Activation, y: Var<'t, T>) -> Var<'t, T> {
        match activation {
            Activation::Identity => self,
            _ => self.tape().apply(ActivationGradient(activation), &[self, y]),
        }
    }

    /// `max(x, 0)`, with derivative 0 at 0.
    pub fn relu(self) -> Var<'t, T> {
        self.activate(Activation::RELU)
    }

    /// `x` where positive, `slope·x` elsewhere; `slope` in [0, 1).
    pub fn leaky_relu(self, slope: f64) -> Var<'t, T> {
        self.activate(Activation::LeakyRelu { slope })
    }

    /// The logistic function `1 / (1 + e⁻ˣ)`.
    pub fn sigmoid(self) -> Var<'t, T> {
        self.activate(Activation::Sigmoid)
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Var<'t, T> {
        self.activate(Activation::Tanh)
    }

    /// `log(1 + eˣ)`, finite for every finite `x`: `−log σ(x)` is `softplus(−x)`, so a loss
    /// made of it never sees the logarithm of 0.
    pub fn softplus(self) -> Var<'t, T> {
        self.tape().apply(Softplus, &[self])
    }
}
