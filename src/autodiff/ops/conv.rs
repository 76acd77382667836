//! Convolution, its transpose and its weight gradient: three views of one trilinear form,
//!
//! `Σ x[n, p·s + i − pad, q·s + j − pad, c] · w[i, j, c, d] · y[n, p, q, d]`,
//!
//! summed over all indices. Leave out one of the three factors, and what is summed is the derivative with respect
//! to it: without `y` it is the convolution, without `x` the transposed convolution, without `w` the gradient of
//! the kernel. So each one's derivatives are the other two, of any order.
//!
//! Images are `[batch, height, width, channels]`: the channels of a pixel are neighbours in memory, and a batch of
//! images is a matrix with a pixel in each row, to which everything dense applies unchanged.

use super::conv_terms::Trilinear;
use super::window::Window;
use crate::autodiff::{Activation, Backward, Operation, Pool, Real, Shape, Tensor, Terms, Var, kernels};
use crate::gemm::{ConvShape, Finish, convolve, convolve_transposed, convolve_weights};

/// `y` of `x` and `w`.
#[derive(Debug)]
struct Conv {
    window: Window,
}

/// `x`, whose images have this `[height, width]`, of `y` and `w`.
#[derive(Debug)]
struct ConvTranspose {
    window: Window,
    image: [usize; 2],
}

/// `w`, whose `[height, width]` is this, of `x` and `y`.
#[derive(Debug)]
struct ConvWeights {
    window: Window,
    kernel: [usize; 2],
}

impl<T: Real> Operation<T> for Conv {
    fn formula(&self) -> String {
        format!("y[n, p, q, d] = Σ {}·w[i, j, c, d]", self.window.pixel("x"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        convolution(self.window, inputs[0], inputs[1], pool, &|_| ())
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, w, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || g.conv_transpose(w, self.window, height_and_width(x)));
        step.add(1, || x.conv_weights(g, self.window, kernel_of(w)));
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        places_under(self.window, &inputs[0], &inputs[1]) * inputs[1].iter().product::<usize>()
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        Some(Terms::of_products(forward_form(self.window, &inputs[0], &inputs[1]).of_y(element)))
    }
}

impl<T: Real> Operation<T> for ConvTranspose {
    fn formula(&self) -> String {
        format!("{} = Σ y[n, p, q, d]·w[i, j, c, d]", self.window.pixel("x"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        transposed_convolution(self.window, self.image, inputs[0], inputs[1], pool, &|_| ())
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (y, w, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || g.conv(w, self.window));
        step.add(1, || g.conv_weights(y, self.window, kernel_of(w)));
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        inputs[0][..3].iter().product::<usize>() * inputs[1].iter().product::<usize>()
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        Some(Terms::of_products(transposed_form(self.window, self.image, &inputs[0], &inputs[1]).of_x(element)))
    }
}

impl<T: Real> Operation<T> for ConvWeights {
    fn formula(&self) -> String {
        format!("w[i, j, c, d] = Σ {}·y[n, p, q, d]", self.window.pixel("x"))
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, y) = (inputs[0], inputs[1]);
        let ([batch, h, w, c], [images, oh, ow, d]) = (axes("conv_weights", x), axes("conv_weights", y));
        let shape = shape_of(self.window, [batch, h, w], self.kernel, c, d);
        assert!(
            images == batch && shape.output() == Some([oh, ow]),
            "conv_weights: a {:?} kernel and {:?} do not make {:?} of {:?}",
            self.kernel,
            self.window,
            y.shape(),
            x.shape()
        );
        let mut gradient = pool.take(&[self.kernel[0], self.kernel[1], c, d]);
        convolve_weights(
            pool.kernel(),
            &shape,
            kernels::slice(x),
            kernels::slice(y),
            kernels::slice_mut(&mut gradient),
        );
        gradient
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, y, g) = (step.input(0), step.input(1), step.gradient());
        step.add(0, || y.conv_transpose(g, self.window, height_and_width(x)));
        step.add(1, || x.conv(g, self.window));
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        let kernel = self.kernel.iter().product::<usize>() * inputs[0][3];
        inputs[1].iter().product::<usize>() * kernel
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        let (x, y) = (four(&inputs[0]), four(&inputs[1]));
        let w = [self.kernel[0], self.kernel[1], x[3], y[3]];
        Some(Terms::of_products(Trilinear { window: self.window, x, w, y }.of_w(element)))
    }
}

/// `f(x ∗ w + b)`: convolution, bias and activation in one pass over the output, or the same with the transposed
/// convolution.
#[derive(Debug)]
struct ConvLayer {
    window: Window,
    /// `[height, width]` of the result, for the transposed form.
    transposed_to: Option<[usize; 2]>,
    activation: Activation,
}

impl<T: Real> Operation<T> for ConvLayer {
    fn formula(&self) -> String {
        match self.transposed_to {
            None => {
                let sum = format!("Σ {}·w[i, j, c, d] + b[d]", self.window.pixel("x"));
                format!("y[n, p, q, d] = {}", self.activation.formula_of_sum(&sum))
            }
            Some(_) => {
                let sum = self.activation.formula_of_sum("Σ x[n, p, q, d]·w[i, j, c, d] + b[c]");
                format!("{} = {sum}", self.window.pixel("y"))
            }
        }
    }

    fn forward(&self, inputs: &[&Tensor<T>], pool: &mut Pool<T>) -> Tensor<T> {
        let (x, w, bias) = (inputs[0], inputs[1], inputs[2]);
        let channels = w.shape()[if self.transposed_to.is_some() { 2 } else { 3 }];
        assert!(bias.shape() == [channels], "conv_layer: kernel {:?}, bias {:?}", w.shape(), bias.shape());
        let finish = |image: &mut [T]| self.activation.finish_rows(image, kernels::slice(bias));
        match self.transposed_to {
            None => convolution(self.window, x, w, pool, &finish),
            Some(image) => transposed_convolution(self.window, image, x, w, pool, &finish),
        }
    }

    fn backward(&self, step: &mut Backward<'_, '_, T>) {
        let (x, w, bias, y) = (step.input(0), step.input(1), step.input(2), step.output);
        let g = step.gradient().through(self.activation, y);
        let kernel = kernel_of(w);
        match self.transposed_to {
            None => {
                step.add(0, || g.conv_transpose(w, self.window, height_and_width(x)));
                step.add(1, || x.conv_weights(g, self.window, kernel));
            }
            Some(_) => {
                step.add(0, || g.conv(w, self.window));
                step.add(1, || g.conv_weights(x, self.window, kernel));
            }
        }
        step.add(2, || g.sum_to(&bias.shape()));
    }

    fn multiplications(&self, inputs: &[Shape]) -> usize {
        let places = match self.transposed_to {
            None => places_under(self.window, &inputs[0], &inputs[1]),
            Some(_) => inputs[0][..3].iter().product(),
        };
        places * inputs[1].iter().product::<usize>()
    }

    fn terms(&self, inputs: &[Shape], element: usize) -> Option<Terms> {
        let (x, w) = (&inputs[0], &inputs[1]);
        let products = match self.transposed_to {
            None => Terms::of_products(forward_form(self.window, x, w).of_y(element)),
            Some(image) => Terms::of_products(transposed_form(self.window, image, x, w).of_x(element)),
        };
        Some(products.in_layer(element % inputs[2][0], self.activation))
    }
}

/// The form of which the convolution of `x` with `w` is a view.
fn forward_form(window: Window, x: &Shape, w: &Shape) -> Trilinear {
    let (x, w) = (four(x), four(w));
    let [height, width] = window.output([x[1], x[2]], [w[0], w[1]]).expect("the kernel fits");
    Trilinear { window, x, w, y: [x[0], height, width, w[3]] }
}

/// The form of which the transposed convolution of `y` with `w` is a view.
fn transposed_form(window: Window, [height, width]: [usize; 2], y: &Shape, w: &Shape) -> Trilinear {
    let (y, w) = (four(y), four(w));
    Trilinear { window, x: [y[0], height, width, w[2]], w, y }
}

fn four(shape: &Shape) -> [usize; 4] {
    (**shape).try_into().expect("images and kernels have four axes")
}

/// On how many places a kernel lies in a batch of images.
fn places_under(window: Window, images: &Shape, kernel: &Shape) -> usize {
    let output = window.output([images[1], images[2]], [kernel[0], kernel[1]]);
    images[0] * output.map_or(0, |[height, width]| height * width)
}

fn convolution<T: Real>(
    window: Window,
    x: &Tensor<T>,
    w: &Tensor<T>,
    pool: &mut Pool<T>,
    finish: &Finish<T>,
) -> Tensor<T> {
    let ([batch, height, width, c], [kh, kw, inputs, d]) = (axes("conv", x), axes("conv", w));
    let shape = shape_of(window, [batch, height, width], [kh, kw], c, d);
    let output = shape.output().filter(|_| c == inputs);
    let [oh, ow] = output.unwrap_or_else(|| {
        panic!("conv: images {:?} and kernel {:?} do not fit ({window:?})", x.shape(), w.shape());
    });
    let mut y = pool.take(&[batch, oh, ow, d]);
    convolve(pool.kernel(), &shape, kernels::slice(x), kernels::slice(w), kernels::slice_mut(&mut y), finish);
    y
}

fn transposed_convolution<T: Real>(
    window: Window,
    [height, width]: [usize; 2],
    y: &Tensor<T>,
    w: &Tensor<T>,
    pool: &mut Pool<T>,
    finish: &Finish<T>,
) -> Tensor<T> {
    let ([batch, oh, ow, channels], [kh, kw, c, d]) = (axes("conv_transpose", y), axes("conv_transpose", w));
    let shape = shape_of(window, [batch, height, width], [kh, kw], c, d);
    assert!(
        shape.output() == Some([oh, ow]) && channels == d,
        "conv_transpose: {:?} and kernel {:?} do not give images of {height} by {width} ({window:?})",
        y.shape(),
        w.shape()
    );
    let mut x = pool.take(&[batch, height, width, c]);
    convolve_transposed(
        pool.kernel(),
        &shape,
        kernels::slice(y),
        kernels::slice(w),
        kernels::slice_mut(&mut x),
        finish,
    );
    x
}

fn shape_of(
    Window { stride, padding }: Window,
    [batch, h, w]: [usize; 3],
    kernel: [usize; 2],
    inputs: usize,
    outputs: usize,
) -> ConvShape {
    ConvShape { batch, image: [h, w], kernel, inputs, outputs, stride, padding }
}

/// The extents of an array of four axes.
pub(super) fn axes<T>(name: &str, x: &Tensor<T>) -> [usize; 4] {
    x.shape().try_into().unwrap_or_else(|_| panic!("{name}: shape {:?} has not four axes", x.shape()))
}

fn height_and_width<T: Real>(images: Var<'_, T>) -> [usize; 2] {
    let shape = images.shape();
    [shape[1], shape[2]]
}

fn kernel_of<T: Real>(weight: Var<'_, T>) -> [usize; 2] {
    let shape = weight.shape();
    [shape[0], shape[1]]
}

impl<'t, T: Real> Var<'t, T> {
    /// The convolution `y[n, p, q, d] = Σ x[n, p·s + i − pad, q·s + j − pad, c] · w[i, j, c, d]` of images
    /// `[n, height, width, in]` with a kernel `[kernel height, kernel width, in, out]`: `[n, out height, out width,
    /// out]`. (As everywhere in this field, the kernel is not turned around: a cross-correlation, to be exact.)
    ///
    /// # Panics
    /// When the shapes do not fit; so do the forms below.
    pub fn conv(self, weight: Var<'t, T>, window: Window) -> Var<'t, T> {
        self.tape().apply(Conv { window }, &[self, weight])
    }

    /// The transposed convolution, the adjoint of [`conv`](Var::conv) for this kernel: `[n, out height, out width,
    /// out]` and `[kernel height, kernel width, in, out]` give images `[n, height, width, in]` of this `[height,
    /// width]`, which must be one of which the convolution makes this value's height and width.
    pub fn conv_transpose(self, weight: Var<'t, T>, window: Window, image: [usize; 2]) -> Var<'t, T> {
        self.tape().apply(ConvTranspose { window, image }, &[self, weight])
    }

    /// The gradient of a convolution's kernel, of this `[height, width]`, from the images `x` and the gradient
    /// `y` at its output: `w[i, j, c, d] = Σ x[n, p·s + i − pad, q·s + j − pad, c] · y[n, p, q, d]`.
    pub fn conv_weights(self, y: Var<'t, T>, window: Window, kernel: [usize; 2]) -> Var<'t, T> {
        self.tape().apply(ConvWeights { window, kernel }, &[self, y])
    }

    /// A convolutional layer, `f(x ∗ w + b)`, with a number of `bias: [out]` for each channel.
    pub fn conv_layer(
        self,
        weight: Var<'t, T>,
        bias: Var<'t, T>,
        window: Window,
        activation: Activation,
    ) -> Var<'t, T> {
        let layer = ConvLayer { window, transposed_to: None, activation };
        self.tape().apply(layer, &[self, weight, bias])
    }

    /// A layer of the transposed convolution, `f(convᵀ(x, w) + b)`, giving images of this `[height, width]`. As in
    /// [`conv_transpose`](Var::conv_transpose), `weight` is `[kernel height, kernel width, to, from]` and `bias`
    /// `[to]`.
    pub fn conv_transpose_layer(
        self,
        weight: Var<'t, T>,
        bias: Var<'t, T>,
        window: Window,
        image: [usize; 2],
        activation: Activation,
    ) -> Var<'t, T> {
        let layer = ConvLayer { window, transposed_to: Some(image), activation };
        self.tape().apply(layer, &[self, weight, bias])
    }
}
