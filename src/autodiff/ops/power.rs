//! Exponential, logarithm, root and integer power.

use super::notation::raised;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};

/// `eˣ`.
#[derive(Debug)]
struct Exp;

impl<T: Real> Operation<T> for Exp {
    fn formula(&self) -> String {
        "y = eˣ".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::map(x[0], pool, T::exponential)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, y) = (step.gradient(), step.output);
        step.add(0, || g * y);
    }
}

/// The natural logarithm.
#[derive(Debug)]
struct Log;

impl<T: Real> Operation<T> for Log {
    fn formula(&self) -> String {
        "y = ln x".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::map(x[0], pool, |x| x.ln())
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g / x);
    }
}

/// The square root.
#[derive(Debug)]
struct Sqrt;

impl<T: Real> Operation<T> for Sqrt {
    fn formula(&self) -> String {
        "y = √x".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::map(x[0], pool, |x| x.sqrt())
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, y) = (step.gradient(), step.output);
        step.add(0, || g * T::from_f64(0.5) / y);
    }
}

/// `xⁿ` for an integer `n`.
#[derive(Debug)]
struct Powi {
    exponent: i32,
}

impl<T: Real> Operation<T> for Powi {
    fn formula(&self) -> String {
        format!("y = x{}", raised(self.exponent))
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        match self.exponent {
            2 => kernels::map(x[0], pool, |x| x * x),
            n => kernels::map(x[0], pool, move |x| x.powi(n)),
        }
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x, n) = (step.gradient(), step.input(0), self.exponent);
        // For n = 0 the power n − 1 would be infinite at x = 0; the derivative is 0.
        step.add(0, || if n == 0 { g * T::ZERO } else { g * x.powi(n - 1) * T::from_f64(n.into()) });
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// `eˣ`, element by element.
    pub fn exp(self) -> Var<'t, T> {
        self.tape().apply(Exp, &[self])
    }

    /// The natural logarithm, element by element: −∞ at 0 and NaN below.
    pub fn log(self) -> Var<'t, T> {
        self.tape().apply(Log, &[self])
    }

    /// The square root, element by element: NaN below 0, and no finite derivative at 0.
    pub fn sqrt(self) -> Var<'t, T> {
        self.tape().apply(Sqrt, &[self])
    }

    /// `xⁿ`, element by element.
    pub fn powi(self, exponent: i32) -> Var<'t, T> {
        self.tape().apply(Powi { exponent }, &[self])
    }
}
