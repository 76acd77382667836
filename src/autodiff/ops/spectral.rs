//! Spectral normalisation: a matrix that stretches nothing by more than 1.

use crate::autodiff::{Real, Var};

/// Below this length a vector is not made longer.
const SHORTEST: f64 = 1e-12;

impl<'t, T: Real> Var<'t, T> {
    /// Spectral normalisation of a weight `W: […, out]`, seen as a matrix `[rows, out]` (Miyato et al. 2018,
    /// *Spectral Normalization for Generative Adversarial Networks*, algorithm 1, whose matrix is the transpose):
    /// one step of the power iteration from `u: [out]`, then `W/σ`. Returns it and the new `u`, a constant, from
    /// which the next step of training goes on; begin with a random vector.
    ///
    /// # Panics
    /// When `u` is not `[out]`.
    pub fn spectral_norm(self, u: Var<'t, T>) -> (Var<'t, T>, Var<'t, T>) {
        let (u, v) = self.power_iteration(u);
        (self.over_sigma(u, v), u)
    }

    /// One step of the power iteration towards the largest singular value of a weight `[…, out]`, seen as a matrix
    /// `W: [rows, out]`: from `u: [out]`, `v = W·u/‖W·u‖`, `[rows]`, and `u' = Wᵀ·v/‖Wᵀ·v‖`. Returns `(u', v)`, as
    /// constants.
    ///
    /// # Panics
    /// When `u` is not `[out]`.
    pub fn power_iteration(self, u: Var<'t, T>) -> (Var<'t, T>, Var<'t, T>) {
        let (matrix, [rows, out]) = self.as_rows("power_iteration");
        assert!(*u.shape() == [out], "power_iteration: weight {:?} and vector {:?}", self.shape(), u.shape());
        self.tape().without_recording(|| {
            let v = unit(matrix.matmul(u.reshape(&[out, 1])));
            let next = unit(matrix.matmul_tn(v));
            (next.reshape(&[out]), v.reshape(&[rows]))
        })
    }

    /// `W/σ` of a weight `[…, out]`, seen as a matrix `W: [rows, out]`, with `σ = vᵀ·W·u`, `u: [out]`, `v: [rows]`.
    /// Differentiable in `W`, also through `σ`: where `u` and `v` are the singular vectors of the largest singular
    /// value, that is its derivative, although they are taken for constants (equation 10 of the paper).
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn over_sigma(self, u: Var<'t, T>, v: Var<'t, T>) -> Var<'t, T> {
        let (matrix, [rows, out]) = self.as_rows("over_sigma");
        assert!(
            *u.shape() == [out] && *v.shape() == [rows],
            "over_sigma: weight {:?} and vectors {:?} and {:?}",
            self.shape(),
            u.shape(),
            v.shape()
        );
        let sigma = v.reshape(&[1, rows]).matmul(matrix).matmul_nt(u.reshape(&[1, out]));
        self / sigma.reshape(&[])
    }

    /// A weight as a matrix, and its extents.
    fn as_rows(self, name: &str) -> (Var<'t, T>, [usize; 2]) {
        let shape = self.shape();
        let out = shape.last().copied().unwrap_or(0);
        assert!(!self.is_empty() && out > 0, "{name}: a weight of shape {shape:?} is no matrix");
        let extents = [self.len() / out, out];
        (self.reshape(&extents), extents)
    }
}

/// The vector in this direction of length 1.
fn unit<T: Real>(vector: Var<'_, T>) -> Var<'_, T> {
    let length = vector.powi(2).sum().item().sqrt();
    vector / if length > T::from_f64(SHORTEST) { length } else { T::from_f64(SHORTEST) }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::{Array, IxDyn, array};

    #[test]
    fn steps_lead_to_the_largest_singular_value() {
        let tape = Tape::<f64>::new();
        // Singular values 3 and 1, as diag(3, 1) between two rotations.
        let (s, t) = (0.6f64, 1.1f64);
        let rotation = |a: f64| tape.leaf(array![[a.cos(), -a.sin()], [a.sin(), a.cos()]].into_dyn());
        let weight = rotation(s).matmul(tape.leaf(array![[3.0, 0.0], [0.0, 1.0]].into_dyn())).matmul(rotation(t));
        let mut u = tape.leaf(array![0.3, 0.5].into_dyn());
        for _ in 0..30 {
            u = weight.spectral_norm(u).1;
        }
        let difference = weight.spectral_norm(u).0 * 3.0 - weight;
        assert!(difference.powi(2).sum().item() <= 1e-24);
    }

    #[test]
    fn nothing_flows_through_the_vectors() {
        let tape = Tape::<f64>::new();
        let weight = tape.leaf(Array::from_shape_fn(IxDyn(&[2, 3, 2]), |i| {
            (1.0 + i[0] as f64 + 2.0 * i[1] as f64).sin() + i[2] as f64
        }));
        let u = tape.leaf(array![0.3, 0.5].into_dyn());
        let (scaled, next) = weight.spectral_norm(u);
        let (same, v) = weight.power_iteration(u);
        assert_eq!(next.value(), same.value());
        let by_constants = weight.over_sigma(tape.leaf(next.value().to_owned()), tape.leaf(v.value().to_owned()));
        let gradient = |y: crate::autodiff::Var<'_, f64>| tape.gradients(y.powi(3).sum(), &[weight])[0].value();
        assert_eq!(gradient(scaled), gradient(by_constants));
        assert!(tape.gradients(next.sum(), &[weight])[0].value().iter().all(|&x| x == 0.0));
    }

    #[test]
    fn a_weight_of_zeros_gives_no_direction_and_no_panic() {
        let tape = Tape::<f64>::new();
        let (u, v) = tape.leaf(Array::zeros(IxDyn(&[3, 2]))).power_iteration(tape.leaf(array![1.0, 0.0].into_dyn()));
        assert!(u.value().iter().chain(v.value().iter()).all(|&x| x == 0.0));
    }
}
