//! The walk back along the tape.

use super::tape::{Origin, Tape, Var};
use super::{Gradient, Real, ops};

/// What an operation sees when its turn comes on the way back.
pub struct Backward<'s, 't, T: Real> {
    /// `∂L/∂output`, of the output's shape.
    pub gradient: Var<'t, T>,
    /// The operation's own result: some derivatives are cheapest in terms of it.
    pub output: Var<'t, T>,
    origin: &'s Origin<T>,
    wanted: &'s [bool],
    adjoints: &'s mut [Option<Var<'t, T>>],
}

impl<'t, T: Real> Backward<'_, 't, T> {
    /// The operation's `i`-th input.
    pub fn input(&self, i: usize) -> Var<'t, T> {
        self.output.tape().var(self.origin.inputs[i])
    }

    /// Adds a contribution to the gradient of input `i`. If nobody wants that gradient, the
    /// contribution is not even computed.
    ///
    /// # Panics
    /// When the contribution has another shape than the input.
    pub fn add(&mut self, i: usize, contribution: impl FnOnce() -> Var<'t, T>) {
        let index = self.origin.inputs[i];
        if !self.wanted[index] {
            return;
        }
        let contribution = contribution();
        let (expected, found) = (self.input(i).shape(), contribution.shape());
        assert!(
            expected == found,
            "{:?}: the gradient of input {i} has shape {found:?}, the input {expected:?}",
            self.origin.operation
        );
        let sum = match self.adjoints[index] {
            None => contribution,
            Some(others) => others + contribution,
        };
        self.adjoints[index] = Some(sum);
    }
}

impl<T: Real> Tape<T> {
    /// `∂of/∂w` for each `w`, as constants: they can be read, not differentiated again.
    ///
    /// A `w` on which `of` does not depend has gradient zero.
    ///
    /// # Panics
    /// When `of` is not a single number.
    pub fn gradients<'t>(&'t self, of: Var<'t, T>, with_respect_to: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
        self.without_recording(|| self.walk_back(of, one_for(of), with_respect_to))
    }

    /// What [`gradients`](Tape::gradients) gives, to outlive the tape's reset: what an optimizer
    /// takes. Give them to [`recycle`](Tape::recycle) afterwards.
    ///
    /// # Panics
    /// When `of` is not a single number.
    pub fn take_gradients<'t>(&'t self, of: Var<'t, T>, with_respect_to: &[Var<'t, T>]) -> Vec<Gradient<T>> {
        self.gradients(of, with_respect_to).into_iter().map(Gradient::from).collect()
    }

    /// The vector-Jacobian product: `∂L/∂w` for each `w`, as constants, given `∂L/∂of` in
    /// `gradient`, of `of`'s shape. It is linear in `gradient`.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn pull_back<'t>(
        &'t self,
        of: Var<'t, T>,
        gradient: Var<'t, T>,
        with_respect_to: &[Var<'t, T>],
    ) -> Vec<Var<'t, T>> {
        assert!(*of.shape() == *gradient.shape(), "pull_back: {:?} for {of:?}", gradient.shape());
        self.without_recording(|| self.walk_back(of, gradient, with_respect_to))
    }

    /// The same gradients, written down on the tape, so that anything computed from them (a
    /// penalty on their norm, say) can be differentiated in turn.
    ///
    /// # Panics
    /// When `of` is not a single number.
    pub fn differentiable_gradients<'t>(&'t self, of: Var<'t, T>, with_respect_to: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
        self.walk_back(of, one_for(of), with_respect_to)
    }

    fn walk_back<'t>(
        &'t self,
        of: Var<'t, T>,
        gradient: Var<'t, T>,
        with_respect_to: &[Var<'t, T>],
    ) -> Vec<Var<'t, T>> {
        let wanted = self.between(of, with_respect_to);
        let mut adjoints: Vec<Option<Var<'t, T>>> = vec![None; of.index + 1];
        adjoints[of.index] = Some(gradient);

        // When a node's turn comes, everything that used it has already contributed.
        for index in (0..=of.index).rev().filter(|&index| wanted[index]) {
            let (Some(gradient), Some(origin)) = (adjoints[index], self.origin(index)) else { continue };
            if !origin.inputs.iter().any(|&input| wanted[input]) {
                continue; // a source whose own inputs are none
            }
            let output = self.var(index);
            let mut step = Backward { gradient, output, origin: &origin, wanted: &wanted, adjoints: &mut adjoints };
            origin.operation.backward(&mut step);
        }

        let adjoint = |w: &Var<'t, T>| adjoints.get(w.index).copied().flatten();
        with_respect_to.iter().map(|w| adjoint(w).unwrap_or_else(|| ops::zeros_like(*w))).collect()
    }

    /// Marks the nodes up to `of` through which a gradient flows to one of the `sources`.
    fn between(&self, of: Var<'_, T>, sources: &[Var<'_, T>]) -> Vec<bool> {
        let mut marked = vec![false; of.index + 1];
        sources.iter().filter(|w| w.index <= of.index).for_each(|w| marked[w.index] = true);
        for index in 0..=of.index {
            let depends = |origin: &Origin<T>| origin.inputs.iter().any(|&input| marked[input]);
            marked[index] = marked[index] || self.origin(index).is_some_and(|origin| depends(&origin));
        }
        marked
    }
}

/// `∂of/∂of`, where a walk begins.
fn one_for<T: Real>(of: Var<'_, T>) -> Var<'_, T> {
    assert!(of.len() == 1, "gradients: {of:?} is not a single number");
    ops::ones_like(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_value_used_twice_collects_both_contributions() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(3.0);
        let y = x * x + x; // dy/dx = 2x + 1
        assert_eq!(tape.gradients(y, &[x])[0].item(), 7.0);
    }

    #[test]
    fn what_does_not_matter_has_gradient_zero() {
        let tape = Tape::<f64>::new();
        let (x, unrelated) = (tape.scalar(3.0), tape.leaf(array![1.0, 2.0].into_dyn()));
        let y = x.exp();
        let later = tape.scalar(1.0);
        let gradients = tape.gradients(y, &[unrelated, later]);
        assert_eq!(*gradients[0].value(), array![0.0, 0.0].into_dyn());
        assert_eq!(gradients[1].item(), 0.0);
    }

    #[test]
    fn a_source_in_the_middle_does_not_hide_one_behind_it() {
        let tape = Tape::<f64>::new();
        let x = tape.scalar(2.0);
        let middle = x * x;
        let y = middle * middle; // dy/dmiddle = 2·4, dy/dx = 4x³
        let gradients = tape.gradients(y, &[middle, x]);
        assert_eq!((gradients[0].item(), gradients[1].item()), (8.0, 32.0));
    }

    #[test]
    fn gradients_nobody_asked_for_are_not_computed() {
        let tape = Tape::<f64>::new();
        let (a, b) = (tape.leaf(array![[1.0]].into_dyn()), tape.leaf(array![[2.0]].into_dyn()));
        let y = a.matmul(b).sum();
        let before = tape.len();
        tape.gradients(y, &[a]);
        let for_one = tape.len() - before;
        tape.gradients(y, &[a, b]);
        assert_eq!(tape.len() - before - for_one, for_one + 1, "one more product for one more gradient");
    }

    #[test]
    #[should_panic(expected = "is not a single number")]
    fn a_gradient_is_of_one_number() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(array![1.0, 2.0].into_dyn());
        tape.gradients(x.exp(), &[x]);
    }
}
