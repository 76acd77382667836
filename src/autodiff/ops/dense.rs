//! The dense layer as one operation: product, bias and activation in one pass over the output.

use super::matmul::as_matrix;
use crate::autodiff::{Activation, Backward, Operation, Pool, Real, Shape, Tensor, Terms, Var, kernels};
use crate::gemm::{Beta, MatrixMut, gemm_with};

/// `y = f(x·Wᵀ + b)`.
#[derive(Debug)]
struct Dense {
    activation: Activation,
}

impl<T: Real> Operation<T> for Dense {
    fn formula(&self) -> String {
        format!("y = {}", self.activation.formula_of_sum("x·Wᵀ + b"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let &[x, weight, bias] = inputs else { unreachable!("dense has three inputs") };
        let (&[batch, fan_in], &[fan_out, depth]) = (x.shape(), weight.shape()) else {
            panic!("dense: input {:?} and weight {:?} are not both matrices", x.shape(), weight.shape())
        };
        assert!(
            fan_in == depth && bias.shape() == [fan_out],
            "dense: input {:?}, weight {:?} and bias {:?} do not fit: [batch, in], [out, in] and [out] do",
            x.shape(),
            weight.shape(),
            bias.shape()
        );
        let mut y = pool.take(&[batch, fan_out]);
        let product = MatrixMut::new(kernels::slice_mut(&mut y), batch, fan_out);
        gemm_with(pool.kernel(), as_matrix(x, false), as_matrix(weight, true), Beta::Zero, product);
        self.activation.apply_to_sum(&mut y, kernels::slice(bias));
        y
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, weight, y) = (step.input(0), step.input(1), step.output);
        let g = step.gradient().through(self.activation, y); //       [batch, out], before f
        step.add_product(0, g, weight); //                              [batch, in]
        step.add_product(1, g.t(), x); //                               [out, in]
        step.add_row_sum(2, g); //                                      [out]
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        inputs[0].iter().product::<usize>() * inputs[1][0]
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        let [fan_out, fan_in] = [inputs[1][0], inputs[1][1]];
        let (sample, unit) = (element / fan_out, element % fan_out);
        let products = Terms::of_products((0..fan_in).map(|k| [sample * fan_in + k, unit * fan_in + k]));
        Some(products.in_layer(unit, self.activation))
    }
}

impl<'t, T: Real> Var<'t, T> {
    /// A dense layer, `f(x·Wᵀ + b)`: `x` is `[batch, in]`, `weight` `[out, in]`, `bias`
    /// `[out]`, the result `[batch, out]`.
    ///
    /// # Panics
    /// When the shapes do not fit.
    pub fn dense(self, weight: Var<'t, T>, bias: Var<'t, T>, activation: Activation) -> Var<'t, T> {
        self.tape().apply(Dense { activation }, &[self, weight, bias])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use ndarray::ArrayD;
    use ndarray::{Array, Dimension, IxDyn};

    #[test]
    fn it_is_product_bias_and_activation() {
        let tape = Tape::<f64>::new();
        let wave = |shape: &[usize], speed: f64| {
            tape.leaf(Array::from_shape_fn(IxDyn(shape), |i| {
                (speed * (i.slice().iter().sum::<usize>() + 1) as f64).sin()
            }))
        };
        let (x, w, b) = (wave(&[4, 3], 1.3), wave(&[5, 3], 2.1), wave(&[5], 0.7));
        for f in [Activation::Identity, Activation::LeakyRelu { slope: 0.2 }, Activation::Sigmoid, Activation::Tanh] {
            let (fused, plain) = (x.dense(w, b, f), (x.matmul_nt(w) + b).activate(f));
            assert!((fused - plain).powi(2).sum().item() <= 1e-28, "{f:?}");
            let gradient = |y: Var<'_, f64>| {
                tape.gradients(y.powi(2).sum(), &[x, w, b]).into_iter().map(Var::value).collect::<Vec<_>>()
            };
            for (fused, plain) in gradient(fused).iter().zip(gradient(plain)) {
                assert!(fused.iter().zip(plain.iter()).all(|(a, b)| (a - b).abs() <= 1e-13), "{f:?}");
            }
        }
    }

    #[test]
    #[should_panic(expected = "dense: input [4, 3], weight [5, 2]")]
    fn shapes_that_do_not_fit_are_named() {
        let tape = Tape::<f32>::new();
        let zeros = |shape: &[usize]| tape.leaf(ArrayD::zeros(shape));
        zeros(&[4, 3]).dense(zeros(&[5, 2]), zeros(&[5]), Activation::RELU);
    }
}
