//! Probabilities of classes from logits, and cross-entropy, straight from the logits.

use crate::autodiff::{Backward, Operation, Pool, Real, Tensor, Var, kernels};
use crate::parallel::in_rows;

/// `eˣᵏ / Σⱼ eˣʲ` in each row.
#[derive(Debug)]
struct Softmax;

impl<T: Real> Operation<T> for Softmax {
    fn formula(&self) -> String {
        "y[k] = e^x[k] / Σ e^x[j], in each row".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (classes, mut y) = (classes_of("softmax", inputs[0]), pool.take(inputs[0].shape()));
        let x = kernels::slice(inputs[0]);
        in_rows(kernels::slice_mut(&mut y), classes, |i, row| {
            let x = &x[i * classes..][..classes];
            let largest = x[position_of_largest(x)];
            row.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - largest).exponential());
            let sum = kernels::sum_contiguous(row);
            row.iter_mut().for_each(|y| *y /= sum);
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, y) = (step.gradient(), step.output);
        // ∂yₖ/∂xⱼ = yₖ·(δₖⱼ − yⱼ)
        step.add(0, || (g - sum_classes(g * y)) * y);
    }
}

/// `xₖ − log Σⱼ eˣʲ` in each row.
#[derive(Debug)]
struct LogSoftmax;

impl<T: Real> Operation<T> for LogSoftmax {
    fn formula(&self) -> String {
        "y[k] = x[k] − ln Σ e^x[j], in each row".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (classes, mut y) = (classes_of("log_softmax", inputs[0]), pool.take(inputs[0].shape()));
        let x = kernels::slice(inputs[0]);
        in_rows(kernels::slice_mut(&mut y), classes, |i, row| {
            let x = &x[i * classes..][..classes];
            let (largest, rest) = log_sum_exp(x);
            row.iter_mut().zip(x).for_each(|(y, &x)| *y = (x - largest) - rest);
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || g - x.softmax() * sum_classes(g));
    }
}

/// `log Σⱼ eˣʲ` of each row.
#[derive(Debug)]
struct LogSumExp;

impl<T: Real> Operation<T> for LogSumExp {
    fn formula(&self) -> String {
        "y = ln Σ e^x[j], of each row".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let classes = classes_of("log_sum_exp", inputs[0]);
        let x = kernels::slice(inputs[0]);
        let mut y = pool.take(&[x.len() / classes, 1]);
        in_rows(kernels::slice_mut(&mut y), 1, |i, y| {
            let (largest, rest) = log_sum_exp(&x[i * classes..][..classes]);
            y[0] = largest + rest;
        });
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x) = (step.gradient(), step.input(0));
        step.add(0, || x.softmax() * g);
    }
}

/// `Σₖ tₖ·(log Σⱼ eˣʲ − xₖ)` of each row of logits `x` and targets `t`.
#[derive(Debug)]
struct SoftmaxCrossEntropy;

impl<T: Real> Operation<T> for SoftmaxCrossEntropy {
    fn formula(&self) -> String {
        "y = Σ t[k]·(ln Σ e^x[j] − x[k]), of each row".into()
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, t) = (inputs[0], inputs[1]);
        let (&[n, classes], true) = (x.shape(), x.shape() == t.shape()) else {
            panic!(
                "softmax_cross_entropy: logits {:?} and targets {:?} are not both [n, classes]",
                x.shape(),
                t.shape()
            )
        };
        assert!(classes > 0, "softmax_cross_entropy: logits {:?} of no classes", x.shape());
        let mut losses = pool.take(&[n, 1]);
        let (x, t) = (kernels::slice(x), kernels::slice(t));
        in_rows(kernels::slice_mut(&mut losses), 1, |i, loss| {
            let (x, t) = (&x[i * classes..][..classes], &t[i * classes..][..classes]);
            let (largest, rest) = log_sum_exp(x);
            // A class that is no target counts for nothing, be its logit ever so small.
            let targets = x.iter().zip(t).filter(|(_, t)| **t != T::ZERO);
            loss[0] = targets.fold(T::ZERO, |sum, (&x, &t)| sum + t * ((largest - x) + rest));
        });
        losses
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (g, x, t) = (step.gradient(), step.input(0), step.input(1));
        step.add(0, || (x.softmax() * sum_classes(t) - t) * g);
        step.add(1, || -(x.log_softmax() * g));
    }
}

/// `log Σⱼ eˣʲ` in two parts: the largest of the `x`, and `log(1 + Σ e^(xⱼ − largest))` over the others. Apart,
/// they are exact for numbers of any size, and where one is far above the others, too.
fn log_sum_exp<T: Real>(x: &[T]) -> (T, T) {
    let winner = position_of_largest(x);
    let others = x[..winner].iter().chain(&x[winner + 1..]);
    let rest = others.fold(T::ZERO, |sum, &other| sum + (other - x[winner]).exponential());
    (x[winner], rest.ln_1p())
}

/// Where the first of the largest numbers is.
fn position_of_largest<T: Real>(x: &[T]) -> usize {
    (1..x.len()).fold(0, |best, i| if x[i] > x[best] { i } else { best })
}

/// The sum over the classes, which keep their place with extent 1.
fn sum_classes<T: Real>(x: Var<'_, T>) -> Var<'_, T> {
    x.sum_axis(x.shape().len() - 1)
}

fn classes_of<T>(name: &str, x: &Tensor<T>) -> usize {
    let classes = x.shape().last().copied().unwrap_or(0);
    assert!(classes > 0, "{name}: shape {:?} has no classes", x.shape());
    classes
}

impl<'t, T: Real> Var<'t, T> {
    /// `eˣᵏ / Σⱼ eˣʲ` over the last axis, `[…, classes]`: logits become probabilities, for logits of any size.
    ///
    /// # Panics
    /// When there are no classes.
    pub fn softmax(self) -> Var<'t, T> {
        self.tape().apply(Softmax, &[self])
    }

    /// The logarithm of [`softmax`](Var::softmax), `xₖ − log Σⱼ eˣʲ`, finite for logits of any size.
    ///
    /// # Panics
    /// When there are no classes.
    pub fn log_softmax(self) -> Var<'t, T> {
        self.tape().apply(LogSoftmax, &[self])
    }

    /// `log Σⱼ eˣʲ` of each row of `[n, classes]`, `[n, 1]`: a little more than the largest number, and smooth. Finite for
    /// logits of any size.
    ///
    /// # Panics
    /// When these are no rows, or there are no classes.
    pub fn log_sum_exp(self) -> Var<'t, T> {
        assert!(self.shape().len() == 2, "log_sum_exp: shape {:?} is not [n, classes]", self.shape());
        self.tape().apply(LogSumExp, &[self])
    }

    /// Cross-entropy `−Σₖ tₖ·log softmax(x)ₖ` of each sample, `[n, 1]`, of logits `[n, classes]` and `targets`
    /// of the same shape: a probability for each class. Finite for logits of any size, and exact where the
    /// network is sure.
    ///
    /// # Panics
    /// When the shapes differ or there are no classes.
    pub fn softmax_cross_entropy(self, targets: Var<'t, T>) -> Var<'t, T> {
        self.tape().apply(SoftmaxCrossEntropy, &[self, targets])
    }

    /// [`softmax_cross_entropy`](Var::softmax_cross_entropy) where each sample has one class, its label:
    /// `log Σⱼ eˣʲ − x_label`, `[n, 1]`.
    ///
    /// # Panics
    /// When there are not as many labels as samples, or one is not below the number of classes.
    pub fn cross_entropy_of_labels(self, labels: &[u32]) -> Var<'t, T> {
        let classes = self.shape().last().copied().unwrap_or(0);
        self.softmax_cross_entropy(self.tape().one_hot(labels, classes))
    }
}

#[cfg(test)]
mod tests {
    use crate::autodiff::Tape;
    use ndarray::array;

    #[test]
    fn extreme_logits_give_finite_losses_and_gradients() {
        let tape = Tape::<f32>::new();
        let x = tape.leaf(array![[1e30, -1e30, 0.0], [-1e30, -1e30, -1e30], [3e38, -3e38, 0.0]].into_dyn());
        let loss = x.cross_entropy_of_labels(&[1, 2, 0]);
        assert_eq!(*loss.value(), array![[2e30], [3f32.ln()], [0.0]].into_dyn());
        let gradient = tape.gradients(loss.sum(), &[x])[0].value();
        let third = 1.0 / 3.0;
        let expected = array![[1.0, -1.0, 0.0], [third, third, third - 1.0], [0.0, 0.0, 0.0]].into_dyn();
        assert!(gradient.iter().zip(&expected).all(|(a, b): (&f32, &f32)| (a - b).abs() <= 1e-6), "{gradient}");
        assert!(x.softmax().sum_axis(1).value().iter().all(|sum| (sum - 1.0).abs() <= 1e-6));
    }

    #[test]
    fn where_the_network_is_sure_the_loss_is_small_and_not_zero() {
        let tape = Tape::<f32>::new();
        let loss = tape.leaf(array![[40.0, 0.0]].into_dyn()).cross_entropy_of_labels(&[0]).item();
        assert!((loss / (-40f32).exp() - 1.0).abs() <= 1e-6, "{loss}");
    }

    #[test]
    fn it_is_the_cross_entropy_of_the_probabilities() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(array![[0.3, -1.5, 2.0], [1.0, 0.0, -4.0]].into_dyn());
        let t = tape.leaf(array![[0.2, 0.5, 0.3], [0.0, 1.0, 0.0]].into_dyn());
        let exponential = x.exp();
        let by_definition = -(t * (exponential / exponential.sum_axis(1)).log()).sum_axis(1);
        assert!((x.softmax_cross_entropy(t) - by_definition).powi(2).sum().item() <= 1e-28);
        assert!((x.softmax().log() - x.log_softmax()).powi(2).sum().item() <= 1e-28);
    }

    #[test]
    #[should_panic(expected = "logits [2, 2] and targets [1, 2] are not both [n, classes]")]
    fn one_label_for_two_samples_is_refused() {
        Tape::<f64>::new().leaf(array![[0.0, 1.0], [1.0, 0.0]].into_dyn()).cross_entropy_of_labels(&[1]);
    }
}
