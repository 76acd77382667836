//! Sums, products and quotients, element by element, shapes broadcast as in NumPy.

use super::notation::number;
use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use std::ops;

/// `a + b`.
#[derive(Debug)]
struct Add;

impl<T: Real> Operation<T> for Add {
    fn formula(&self) -> String {
        "y = a + b".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::zip("add", x[0], x[1], pool, |a, b| a + b)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || g.sum_to(&a.shape()));
        step.add(1, || g.sum_to(&b.shape()));
    }
}

/// `a − b`.
#[derive(Debug)]
struct Sub;

impl<T: Real> Operation<T> for Sub {
    fn formula(&self) -> String {
        "y = a − b".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::zip("sub", x[0], x[1], pool, |a, b| a - b)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || g.sum_to(&a.shape()));
        step.add(1, || (-g).sum_to(&b.shape()));
    }
}

/// `a · b`, element by element.
#[derive(Debug)]
struct Mul;

impl<T: Real> Operation<T> for Mul {
    fn formula(&self) -> String {
        "y = a·b".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::zip("mul", x[0], x[1], pool, |a, b| a * b)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || (g * b).sum_to(&a.shape()));
        step.add(1, || (g * a).sum_to(&b.shape()));
    }
}

/// `a / b`, element by element.
#[derive(Debug)]
struct Div;

impl<T: Real> Operation<T> for Div {
    fn formula(&self) -> String {
        "y = a/b".into()
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        kernels::zip("div", x[0], x[1], pool, |a, b| a / b)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (a, b, g, y) = (step.input(0), step.input(1), step.gradient(), step.output);
        step.add(0, || (g / b).sum_to(&a.shape()));
        // ∂(a/b)/∂b = −a/b² = −y/b
        step.add(1, || (-(g * y / b)).sum_to(&b.shape()));
    }
}

/// `scale · x + shift`: negation and every form with a plain number.
#[derive(Debug)]
struct Affine<T> {
    scale: T,
    shift: T,
}

impl<T: Real> Operation<T> for Affine<T> {
    fn formula(&self) -> String {
        let scaled = match self.scale {
            scale if scale == T::ONE => "x".into(),
            scale if scale == -T::ONE => "−x".into(),
            scale => format!("{}·x", number(scale)),
        };
        match self.shift {
            shift if shift == T::ZERO => format!("y = {scaled}"),
            shift if shift < T::ZERO => format!("y = {scaled} − {}", number(-shift)),
            shift => format!("y = {scaled} + {}", number(shift)),
        }
    }

    fn forward(&self, x: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let Affine { scale, shift } = *self;
        kernels::map(x[0], pool, move |x| scale * x + shift)
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let g = step.gradient();
        step.add(0, || g * self.scale);
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// `scale · x + shift`.
    pub fn affine(self, scale: T, shift: T) -> Var<'t, T> {
        self.tape().apply(Affine { scale, shift }, &[self])
    }
}

impl<'t, T: Real> ops::Add for Var<'t, T> {
    type Output = Var<'t, T>;

    fn add(self, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Add, &[self, b])
    }
}

impl<'t, T: Real> ops::Sub for Var<'t, T> {
    type Output = Var<'t, T>;

    fn sub(self, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Sub, &[self, b])
    }
}

impl<'t, T: Real> ops::Mul for Var<'t, T> {
    type Output = Var<'t, T>;

    fn mul(self, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Mul, &[self, b])
    }
}

impl<'t, T: Real> ops::Div for Var<'t, T> {
    type Output = Var<'t, T>;

    fn div(self, b: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(Div, &[self, b])
    }
}

impl<'t, T: Real> ops::Neg for Var<'t, T> {
    type Output = Var<'t, T>;

    fn neg(self) -> Var<'t, T> {
        self.affine(-T::ONE, T::ZERO)
    }
}

impl<'t, T: Real> ops::Add<T> for Var<'t, T> {
    type Output = Var<'t, T>;

    fn add(self, shift: T) -> Var<'t, T> {
        self.affine(T::ONE, shift)
    }
}

impl<'t, T: Real> ops::Sub<T> for Var<'t, T> {
    type Output = Var<'t, T>;

    fn sub(self, shift: T) -> Var<'t, T> {
        self.affine(T::ONE, -shift)
    }
}

impl<'t, T: Real> ops::Mul<T> for Var<'t, T> {
    type Output = Var<'t, T>;

    fn mul(self, scale: T) -> Var<'t, T> {
        self.affine(scale, T::ZERO)
    }
}

impl<'t, T: Real> ops::Div<T> for Var<'t, T> {
    type Output = Var<'t, T>;

    fn div(self, divisor: T) -> Var<'t, T> {
        self.affine(T::ONE / divisor, T::ZERO)
    }
}
