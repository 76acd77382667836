//! A network: layers in order, and their parameters in the same order.

use super::build::{Builder, Draw};
use super::layer::Layer;
use super::pass::Pass;
use super::{Extent, Footprint, Init, Input, InputShape, LayerSpec, Mode, NetworkError, Parameter, Training};
use crate::autodiff::{Real, Tape, Var};
use crate::gemm::Precision;
use ndarray::{ArrayD, IxDyn};
use rand::Rng;

/// A feed-forward network.
///
/// The network itself is a function of its parameters and its input: [`leaves`](Network::leaves)
/// puts the parameters on a tape, [`forward`](Network::forward) computes with them.
#[derive(Clone, Debug)]
pub struct Network<T: Real = f32> {
    /// Weights and biases in the order of the layers: `NAME.0.weight`, `NAME.0.bias`, …, the
    /// number being the layer's place in the list, `3.1` the second one within layer 3. Weights of dense layers
    /// are `[out, in]`, as PyTorch's; of convolutions `[kernel height, kernel width, in, out]`, of transposed
    /// ones `[…, out, in]`.
    pub parameters: Vec<Parameter<T>>,
    /// What training carries along beside them and no optimizer touches: `NAME.1.running_mean`, ….
    pub statistics: Vec<Parameter<T>>,
    /// What the operands of its products are rounded to, on whatever tape it computes.
    pub precision: Precision,
    name: String,
    layers: Vec<Layer<T>>,
    input: InputShape,
    output: Extent,
    multiplications: usize,
}

/// A number type that networks compute in. What layers compute is compiled for it once, in this crate, and not again
/// wherever a network is built.
pub trait Compiled: Real {
    /// See [`Network::new`].
    #[doc(hidden)]
    fn build_network(
        name: &str,
        input: InputShape,
        layers: &[LayerSpec],
        draw: Draw<'_, Self>,
    ) -> Result<Network<Self>, NetworkError>;
}

impl Compiled for f32 {
    fn build_network(
        name: &str,
        input: InputShape,
        layers: &[LayerSpec],
        draw: Draw<'_, Self>,
    ) -> Result<Network<Self>, NetworkError> {
        Network::build(name, input, layers, draw)
    }
}

impl Compiled for f64 {
    // Only gradient checks compute so: with this, who does not check has nothing to compile.
    #[inline]
    fn build_network(
        name: &str,
        input: InputShape,
        layers: &[LayerSpec],
        draw: Draw<'_, Self>,
    ) -> Result<Network<Self>, NetworkError> {
        Network::build(name, input, layers, draw)
    }
}

impl<T: Compiled> Network<T> {
    /// A network with fresh weights for such an input: a width, `[height, width, channels]`, or either with
    /// [classes](InputShape::with_classes). `name` begins the names of its parameters.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn new(
        name: &str,
        input: impl Into<InputShape>,
        layers: &[LayerSpec],
        init: Init,
        rng: &mut impl Rng,
    ) -> Result<Self, NetworkError> {
        T::build_network(name, input.into(), layers, &mut |role, shape| init.draw(role, shape, rng))
    }

    /// A network whose parameters are all zero, to [`load`](Network::load) others.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn blank(name: &str, input: impl Into<InputShape>, layers: &[LayerSpec]) -> Result<Self, NetworkError> {
        T::build_network(name, input.into(), layers, &mut |_, shape| ArrayD::zeros(IxDyn(shape)))
    }

    /// What a network of these layers would take; nothing is allocated for it.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn footprint(
        name: &str,
        input: impl Into<InputShape>,
        layers: &[LayerSpec],
    ) -> Result<Footprint, NetworkError> {
        let mut builder = Builder::<T>::new(name, input.into(), None);
        Layer::in_order(layers, &mut builder).map_err(|error| builder.refuse(error))?;
        Ok(builder.into_footprint())
    }
}

impl<T: Real> Network<T> {
    fn build(name: &str, input: InputShape, layers: &[LayerSpec], draw: Draw<'_, T>) -> Result<Self, NetworkError> {
        let mut builder = Builder::new(name, input, Some(draw));
        let layers = Layer::in_order(layers, &mut builder).map_err(|error| builder.refuse(error))?;
        let multiplications = builder.multiplications();
        let Builder { extent: output, parameters, statistics, .. } = builder;
        if parameters.is_empty() {
            return Err(NetworkError::Empty { name: name.into() });
        }
        Ok(Self {
            parameters,
            statistics,
            precision: Precision::default(),
            name: name.into(),
            layers,
            input,
            output,
            multiplications,
        })
    }

    /// What the names of its parameters begin with, `generator`, say.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is built for.
    pub fn input(&self) -> InputShape {
        self.input
    }

    /// What one output is, before it is laid out in a row.
    pub fn output(&self) -> Extent {
        self.output
    }

    /// The number of values in one input.
    pub fn input_width(&self) -> usize {
        self.input.extent.width()
    }

    /// The number of values in one output.
    pub fn output_width(&self) -> usize {
        self.output.width()
    }

    /// How many classes its labels have; 0 where it takes none.
    pub fn classes(&self) -> usize {
        self.input.classes
    }

    /// All that makes it differ from another network of the same layers: its parameters, then its statistics.
    pub fn arrays(&self) -> impl Iterator<Item = &Parameter<T>> {
        self.parameters.iter().chain(&self.statistics)
    }

    /// How many numbers training may change.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|parameter| parameter.value.len()).sum()
    }

    /// [How many](Footprint::multiplications) weights a sample is multiplied by on its way through.
    pub fn multiplications(&self) -> usize {
        self.multiplications
    }

    /// Whether any layer looks at labels.
    pub fn uses_labels(&self) -> bool {
        self.layers.iter().any(Layer::uses_labels)
    }

    /// Whether what it says of a sample depends, in training, on the other samples of the batch. Real and
    /// generated images then belong in batches of their own.
    pub fn mixes_samples(&self) -> bool {
        self.layers.iter().any(Layer::mixes_samples)
    }

    /// Whether the gradient of every parameter is a sum over samples that
    /// [`weigh_samples`](Tape::weigh_samples) can weigh: whether there are dense layers, dropout and
    /// activations, and nothing else.
    pub fn sums_over_samples(&self) -> bool {
        self.layers.iter().all(Layer::sums_over_samples)
    }

    /// The parameters as leaves of a tape, in order; nothing is copied. From here on the tape multiplies in the network's
    /// [precision](Self::precision).
    pub fn leaves<'t>(&self, tape: &'t Tape<T>) -> Vec<Var<'t, T>> {
        tape.set_precision(self.precision);
        self.parameters.iter().map(|parameter| parameter.on(tape)).collect()
    }

    /// The network's output, always in rows, `[batch, output_width]`, for a batch `[batch, input_width]` or
    /// `[batch, height, width, channels]`, computed with the given parameters (this network's own
    /// [`leaves`](Network::leaves), as a rule).
    ///
    /// # Panics
    /// When the batch does not fit, or has no labels though a layer needs them.
    pub fn forward<'t>(
        &self,
        parameters: &[Var<'t, T>],
        input: impl Into<Input<'t, T>>,
        mode: &mut Mode<'_, T>,
    ) -> Var<'t, T> {
        self.forward_by_features(parameters, input, mode)[1]
    }

    /// What its last layer is given, in the form in which the layer before it gives it, and the network's output, as
    /// [`forward`](Network::forward) gives it.
    ///
    /// # Panics
    /// As [`forward`](Network::forward).
    pub fn forward_by_features<'t>(
        &self,
        parameters: &[Var<'t, T>],
        input: impl Into<Input<'t, T>>,
        mode: &mut Mode<'_, T>,
    ) -> [Var<'t, T>; 2] {
        let input = input.into();
        let mut outputs = self.layer_outputs(parameters, input, mode);
        let output = outputs.pop().unwrap_or(input.x);
        [outputs.pop().unwrap_or(input.x), Extent::Flat(self.output_width()).arrange(output)]
    }

    /// What each of its layers gives, in order, in the form in which it gives it; the last is the network's output.
    ///
    /// # Panics
    /// As [`forward`](Network::forward).
    pub fn layer_outputs<'t>(
        &self,
        parameters: &[Var<'t, T>],
        input: impl Into<Input<'t, T>>,
        mode: &mut Mode<'_, T>,
    ) -> Vec<Var<'t, T>> {
        let Input { mut x, labels } = input.into();
        let mut pass = Pass::new(parameters, &self.statistics, labels, mode);
        let mut next = |layer: &Layer<T>| {
            x = layer.forward(x, &mut pass);
            x
        };
        self.layers.iter().map(&mut next).collect()
    }

    /// Carries over what this network's layers have noted in training. To be called before the tape is reset,
    /// so that its buffers come back to it.
    pub fn keep(&mut self, training: &mut Training<T>) {
        for update in &training.updates {
            let own = self.statistics.iter_mut().find(|statistic| statistic.name == update.name);
            if let Some(statistic) = own {
                statistic.move_towards(&update.value, T::from_f64(update.share));
            }
        }
        training.updates.retain(|update| self.statistics.iter().all(|statistic| statistic.name != update.name));
    }

    /// Replaces the parameters and statistics by those that `find` knows by name.
    ///
    /// # Errors
    /// When one is missing or of another shape; the network is then unchanged.
    pub fn load(&mut self, mut find: impl FnMut(&str) -> Option<ArrayD<T>>) -> Result<(), NetworkError> {
        let mut load = |all: &[Parameter<T>]| all.iter().map(|one| one.replaced_by(find(&one.name))).collect();
        let (parameters, statistics): (Result<_, _>, Result<_, _>) = (load(&self.parameters), load(&self.statistics));
        (self.parameters, self.statistics) = (parameters?, statistics?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::UnitActivation::{self, LeakyRelu, Sigmoid};
    use crate::nn::layers::Dropout;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn dense(units: usize, activation: UnitActivation) -> LayerSpec {
        LayerSpec::dense(units, activation)
    }

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    #[test]
    fn parameters_are_named_by_their_layers_place() {
        let layers = [dense(8, LeakyRelu), Dropout { rate: 0.3 }.into(), dense(2, Sigmoid)];
        let network = Network::<f32>::new("player", 5, &layers, Init::He, &mut rng()).unwrap();
        let named: Vec<_> = network.parameters.iter().map(|p| (p.name.as_str(), p.value.shape().to_vec())).collect();
        let expected = [
            ("player.0.weight", vec![8, 5]),
            ("player.0.bias", vec![8]),
            ("player.2.weight", vec![2, 8]),
            ("player.2.bias", vec![2]),
        ];
        assert_eq!(named, expected);
        assert_eq!(network.parameter_count(), 8 * 5 + 8 + 2 * 8 + 2);
        let tape = Tape::new();
        let x = tape.leaf(ArrayD::zeros(vec![3, 5]));
        let y = network.forward(&network.leaves(&tape), x, &mut Mode::Evaluate);
        assert_eq!(&*y.shape(), [3, 2]);
    }

    #[test]
    fn layers_that_cannot_form_a_network_are_named() {
        let build =
            |layers: &[LayerSpec]| Network::<f32>::new("d", 4, layers, Init::He, &mut rng()).unwrap_err().to_string();
        assert_eq!(
            build(&[dense(3, Sigmoid), dense(0, Sigmoid)]),
            "layer 1 of d has 0 units; a dense layer needs at least 1"
        );
        assert!(build(&[Dropout { rate: 1.0 }.into()]).contains("dropout rate 1; it must be"));
        assert!(build(&[]).contains("no dense layer"));
    }

    #[test]
    fn loading_refuses_what_does_not_fit() {
        let mut network = Network::<f32>::new("d", 4, &[dense(1, Sigmoid)], Init::He, &mut rng()).unwrap();
        let before = network.parameters[0].value.clone();
        let error = network.load(|name| Some(ArrayD::zeros(if name.ends_with("bias") { vec![2] } else { vec![1, 4] })));
        assert_eq!(error.unwrap_err().to_string(), "d.0.bias should have shape [1], found [2]");
        assert_eq!(network.parameters[0].value, before);
    }
}
