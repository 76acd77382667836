//! The walk back along the tape.

use super::gradient::Factor as Kept;
use super::tape::{Backward, Tape, Var};
use super::walk::{Adjoint, Factor};
use super::{Gradient, Real};
use std::ops::Range;

/// A matrix, or its transpose, as one side of a product: see [`Backward::add_product`].
#[derive(Clone, Copy, Debug)]
pub struct Side<'t, T: Real> {
    /// The matrix.
    pub matrix: Var<'t, T>,
    /// Whether its transpose is meant.
    pub transposed: bool,
}

impl<'t, T: Real> From<Var<'t, T>> for Side<'t, T> {
    fn from(matrix: Var<'t, T>) -> Self {
        Self { matrix, transposed: false }
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// The transpose as one side of a product; nothing is copied.
    pub fn t(self) -> Side<'t, T> {
        Side { matrix: self, transposed: true }
    }
}

impl<'t, T: Real> Backward<'_, 't, T> {
    /// The operation's `i`-th input.
    pub fn input(&self, i: usize) -> Var<'t, T> {
        self.output.tape.var(self.inputs[i])
    }

    /// Whether anybody wants the gradient of input `i`.
    pub fn wants(&self, i: usize) -> bool {
        self.output.tape.walk.borrow().wanted[self.inputs[i]]
    }

    /// `∂L/∂output`, of the output's shape.
    pub fn gradient(&self) -> Var<'t, T> {
        self.output.tape.adjoint_as_var(self.output.index).expect("an operation's turn comes when there is one")
    }

    /// Adds a contribution to the gradient of input `i`. If nobody wants that gradient, the
    /// contribution is not even computed.
    ///
    /// # Panics
    /// When the contribution has another shape than the input; so do the forms below.
    pub fn add(&mut self, i: usize, contribution: impl FnOnce() -> Var<'t, T>) {
        if self.wants(i) {
            self.contribute(i, Adjoint::Known(contribution().index));
        }
    }

    /// Adds the product `A·B` to the gradient of input `i`. If it need not be differentiated again, it waits until
    /// somebody needs its value: see [`Gradient`].
    pub fn add_product(&mut self, i: usize, a: impl Into<Side<'t, T>>, b: impl Into<Side<'t, T>>) {
        if self.wants(i) {
            let [a, b] = [a.into(), b.into()].map(|s| Factor { node: s.matrix.index, transposed: s.transposed });
            self.contribute(i, Adjoint::Product { a, b, rows: None });
        }
    }

    /// Adds the sum over the rows of a value, `[n, …]`, to the gradient of input `i`, `[…]`. It may wait like a product.
    pub fn add_row_sum(&mut self, i: usize, rows: Var<'t, T>) {
        if self.wants(i) {
            self.contribute(i, Adjoint::RowSum(rows.index));
        }
    }

    /// Adds these rows of `∂L/∂output` to the gradient of input `i`; the others need not be computed: the rows of a
    /// product are the products of its left factor's rows.
    pub fn add_rows(&mut self, i: usize, rows: Range<usize>) {
        if !self.wants(i) {
            return;
        }
        let own = self.output.tape.walk.borrow().adjoints[self.output.index].clone();
        match own {
            Some(Adjoint::Product { a, b, rows: of }) if !a.transposed => {
                let start = of.map_or(0, |of| of.start);
                self.contribute(i, Adjoint::Product { a, b, rows: Some(start + rows.start..start + rows.end) });
            }
            _ => {
                let gradient = self.gradient();
                self.add(i, || gradient.slice_rows(rows));
            }
        }
    }

    fn contribute(&mut self, i: usize, contribution: Adjoint) {
        let (tape, index) = (self.output.tape, self.inputs[i]);
        let (expected, found) = (self.input(i).shape(), tape.gradient_of(&contribution).shape());
        assert!(
            expected == found,
            "{:?}: the gradient of input {i} has shape {found:?}, the input {expected:?}",
            self.output
        );
        // What will be differentiated again has to be on the tape; so have two contributions, to be added.
        let others = tape.walk.borrow_mut().adjoints[index].take();
        let sum = match (others, tape.is_recording()) {
            (None, false) => contribution,
            (None, true) => Adjoint::Known(tape.carry_out(contribution).index),
            (Some(others), _) => Adjoint::Known((tape.carry_out(others) + tape.carry_out(contribution)).index),
        };
        tape.walk.borrow_mut().adjoints[index] = Some(sum);
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
        self.without_recording(|| {
            self.walk_back(of, self.one_for(of), with_respect_to);
            with_respect_to.iter().map(|&w| self.found(w)).collect()
        })
    }

    /// What [`gradients`](Tape::gradients) gives, to outlive the tape's reset: what an optimizer
    /// takes. Give them to [`recycle`](Tape::recycle) afterwards.
    ///
    /// # Panics
    /// When `of` is not a single number.
    pub fn take_gradients<'t>(&'t self, of: Var<'t, T>, with_respect_to: &[Var<'t, T>]) -> Vec<Gradient<T>> {
        let one = self.without_recording(|| self.one_for(of));
        self.pull_back(of, one, with_respect_to)
    }

    /// The vector-Jacobian product: `∂L/∂w` for each `w`, given `∂L/∂of` in
    /// `gradient`, of `of`'s shape. It is linear in `gradient`.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn pull_back<'t>(
        &'t self,
        of: Var<'t, T>,
        gradient: Var<'t, T>,
        with_respect_to: &[Var<'t, T>],
    ) -> Vec<Gradient<T>> {
        assert!(*of.shape() == *gradient.shape(), "pull_back: {:?} for {of:?}", gradient.shape());
        self.without_recording(|| {
            self.walk_back(of, gradient, with_respect_to);
            let take = |w: &Var<'t, T>| match self.known_adjoint(w.index) {
                Some(adjoint) => self.gradient_of(&adjoint),
                None => self.zeros_like(*w).value().into(),
            };
            with_respect_to.iter().map(take).collect()
        })
    }

    /// The same gradients, written down on the tape, so that anything computed from them (a
    /// penalty on their norm, say) can be differentiated in turn.
    ///
    /// # Panics
    /// When `of` is not a single number.
    pub fn differentiable_gradients<'t>(&'t self, of: Var<'t, T>, with_respect_to: &[Var<'t, T>]) -> Vec<Var<'t, T>> {
        self.walk_back(of, self.one_for(of), with_respect_to);
        with_respect_to.iter().map(|&w| self.found(w)).collect()
    }

    /// Finds the adjoints of all nodes between `of` and the sources.
    fn walk_back(&self, of: Var<'_, T>, gradient: Var<'_, T>, sources: &[Var<'_, T>]) {
        self.walk.borrow_mut().begin(self.between(of, sources));
        self.walk.borrow_mut().adjoints[of.index] = Some(Adjoint::Known(gradient.index));

        // When a node's turn comes, everything that used it has already contributed.
        for index in (0..=of.index).rev() {
            self.walk.borrow_mut().position = index;
            let Some(_) = self.known_adjoint(index) else { continue };
            self.tell(&|watcher, view| watcher.adjoint(view, index));
            let Some((operation, inputs)) = self.recorded(index) else { continue };
            let mut step = Backward { output: self.var(index), inputs: &inputs };
            if (0..inputs.len()).any(|i| step.wants(i)) {
                self.as_derivative_of(index, || operation.backward(&mut step));
            }
        }
    }

    /// Marks the nodes up to `of` through which a gradient flows to one of the sources.
    fn between(&self, of: Var<'_, T>, sources: &[Var<'_, T>]) -> Vec<bool> {
        let mut marked = vec![false; of.index + 1];
        sources.iter().filter(|w| w.index <= of.index).for_each(|w| marked[w.index] = true);
        for index in 0..=of.index {
            marked[index] = marked[index] || self.recorded_inputs(index, |inputs| inputs.iter().any(|&i| marked[i]));
        }
        marked
    }

    /// The adjoint of a node that is wanted, as far as it has been found.
    pub(super) fn known_adjoint(&self, index: usize) -> Option<Adjoint> {
        let walk = self.walk.borrow();
        let wanted = walk.wanted.get(index).copied().unwrap_or(false);
        if wanted { walk.adjoints[index].clone() } else { None }
    }

    /// An adjoint as a gradient that can leave the tape.
    pub(super) fn gradient_of(&self, adjoint: &Adjoint) -> Gradient<T> {
        let value = |node: usize| self.var(node).value();
        match adjoint {
            Adjoint::Known(node) => value(*node).into(),
            Adjoint::RowSum(node) => Gradient::row_sum(value(*node)),
            Adjoint::Product { a, b, rows } => {
                let [left, right] = [a, b].map(|factor| Kept::new(value(factor.node), factor.transposed));
                let left = if let Some(rows) = rows { left.rows(rows.clone()) } else { left };
                Gradient::product(left, right, self.kernel())
            }
        }
    }

    /// An adjoint's value, on the tape.
    fn carry_out(&self, adjoint: Adjoint) -> Var<'_, T> {
        match adjoint {
            Adjoint::Known(node) => self.var(node),
            Adjoint::RowSum(node) => self.var(node).sum_rows(),
            Adjoint::Product { a, b, rows } => {
                let [a, b] = [a, b].map(|f| Side { matrix: self.var(f.node), transposed: f.transposed });
                a.times(b, rows)
            }
        }
    }

    /// The adjoint of a node by its value, which is computed if need be, and kept.
    fn adjoint_as_var(&self, index: usize) -> Option<Var<'_, T>> {
        let value = self.carry_out(self.known_adjoint(index)?);
        self.walk.borrow_mut().adjoints[index] = Some(Adjoint::Known(value.index));
        Some(value)
    }

    /// What a walk has found for a source.
    fn found<'t>(&'t self, w: Var<'t, T>) -> Var<'t, T> {
        self.adjoint_as_var(w.index).unwrap_or_else(|| self.zeros_like(w))
    }

    fn zeros_like(&self, w: Var<'_, T>) -> Var<'_, T> {
        self.fill(&w.shape(), |y| y.fill(T::ZERO))
    }

    /// `∂of/∂of`, where a walk begins.
    fn one_for(&self, of: Var<'_, T>) -> Var<'_, T> {
        assert!(of.len() == 1, "gradients: {of:?} is not a single number");
        self.fill(&of.shape(), |y| y.fill(T::ONE))
    }
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

    /// Real and generated images go through the discriminator together; only the generated ones' gradient is led on.
    #[test]
    fn rows_that_nobody_wants_are_not_multiplied() {
        let tape = Tape::<f64>::new();
        let wave = |rows, columns, speed: f64| {
            tape.leaf(
                ndarray::Array2::from_shape_fn((rows, columns), |(i, j)| (speed * (3 * i + j) as f64).sin()).into_dyn(),
            )
        };
        let (real, fake, weight) = (wave(4, 3, 0.7), wave(2, 3, 1.1), wave(3, 5, 1.3));
        let loss = real.concat_rows(fake).matmul(weight).powi(3).sum();
        let begin = tape.len();
        let by_fake = tape.gradients(loss, &[fake])[0].value();
        let multiplied: usize = tape.view().nodes().skip(begin).map(|node| node.multiplications()).sum();
        assert_eq!(multiplied, 2 * 5 * 3, "and not of six rows");
        let [_, same] = tape.gradients(loss, &[real, fake])[..] else { panic!("two gradients") };
        assert_eq!(by_fake, same.value());
    }
}
