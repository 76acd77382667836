//! A network: layers in order, and their parameters in the same order.

use super::{Init, LayerSpec, Parameter};
use crate::autodiff::{Activation, Real, Tape, Var};
use ndarray::{ArrayD, IxDyn};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

/// Whether layers that behave differently in training do so.
pub enum Mode<'r> {
    /// In use: no dropout.
    Evaluate,
    /// In training: dropout draws from this generator.
    Train(&'r mut ChaCha8Rng),
}

/// Layers that cannot form a network.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Not one layer with parameters.
    #[error("{name} has no dense layer; give it at least one, such as {{ kind = \"dense\", units = 1 }}")]
    Empty {
        /// The network.
        name: String,
    },
    /// A layer of width 0.
    #[error("layer {index} of {name} has 0 units; a dense layer needs at least 1")]
    NoUnits {
        /// The network.
        name: String,
        /// The layer.
        index: usize,
    },
    /// A dropout rate that keeps nothing, or is no rate.
    #[error("layer {index} of {name} has dropout rate {rate}; it must be at least 0 and below 1")]
    DropoutRate {
        /// The network.
        name: String,
        /// The layer.
        index: usize,
        /// The rate.
        rate: f64,
    },
    /// A parameter that should be loaded is not there, or has another shape.
    #[error("{parameter} should have shape {expected:?}, found {found}")]
    Mismatch {
        /// The parameter.
        parameter: String,
        /// The shape the network needs.
        expected: Vec<usize>,
        /// What there is.
        found: String,
    },
}

/// A feed-forward network.
///
/// The network itself is a function of its parameters and its input: [`leaves`](Network::leaves)
/// puts the parameters on a tape, [`forward`](Network::forward) computes with them.
#[derive(Clone, Debug)]
pub struct Network<T: Real = f32> {
    /// Weights and biases in the order of the layers: `NAME.0.weight`, `NAME.0.bias`, …, the
    /// number being the layer's place in the list. Weights are `[out, in]`, as PyTorch's.
    pub parameters: Vec<Parameter<T>>,
    layers: Vec<Layer>,
    input_width: usize,
    output_width: usize,
}

/// A layer that knows what it computes; its weights are in the network's list of parameters.
#[derive(Clone, Copy, Debug)]
enum Layer {
    Dense(Activation),
    Dropout { rate: f64 },
}

impl<T: Real> Network<T> {
    /// A network with fresh weights. `name` begins the names of its parameters.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn new(
        name: &str,
        input_width: usize,
        layers: &[LayerSpec],
        init: Init,
        rng: &mut impl Rng,
    ) -> Result<Self, NetworkError> {
        Self::with_weights(name, input_width, layers, |[fan_out, fan_in], activation| {
            init.weights(fan_in, fan_out, activation, rng)
        })
    }

    /// A network whose weights are all zero, to [`load`](Network::load) others.
    ///
    /// # Errors
    /// When the layers cannot form a network.
    pub fn blank(name: &str, input_width: usize, layers: &[LayerSpec]) -> Result<Self, NetworkError> {
        Self::with_weights(name, input_width, layers, |shape, _| ArrayD::zeros(IxDyn(&shape)))
    }

    /// A network that asks for the weights `[fan_out, fan_in]` of each layer.
    fn with_weights(
        name: &str,
        input_width: usize,
        layers: &[LayerSpec],
        mut weights: impl FnMut([usize; 2], Activation) -> ArrayD<T>,
    ) -> Result<Self, NetworkError> {
        let mut network = Self { parameters: Vec::new(), layers: Vec::new(), input_width, output_width: input_width };
        for (index, layer) in layers.iter().enumerate() {
            network.push(name, index, layer, &mut weights)?;
        }
        if network.parameters.is_empty() {
            return Err(NetworkError::Empty { name: name.into() });
        }
        Ok(network)
    }

    fn push(
        &mut self,
        name: &str,
        index: usize,
        layer: &LayerSpec,
        weights: &mut impl FnMut([usize; 2], Activation) -> ArrayD<T>,
    ) -> Result<(), NetworkError> {
        match *layer {
            LayerSpec::Dense { units: 0, .. } => return Err(NetworkError::NoUnits { name: name.into(), index }),
            LayerSpec::Dense { units, activation } => {
                let weight = weights([units, self.output_width], activation.function());
                let bias = ArrayD::zeros(IxDyn(&[units]));
                self.parameters.push(Parameter::new(format!("{name}.{index}.weight"), weight));
                self.parameters.push(Parameter::new(format!("{name}.{index}.bias"), bias));
                self.layers.push(Layer::Dense(activation.function()));
                self.output_width = units;
            }
            LayerSpec::Dropout { rate } if (0.0..1.0).contains(&rate) => self.layers.push(Layer::Dropout { rate }),
            LayerSpec::Dropout { rate } => {
                return Err(NetworkError::DropoutRate { name: name.into(), index, rate });
            }
        }
        Ok(())
    }

    /// The number of values in one input.
    pub fn input_width(&self) -> usize {
        self.input_width
    }

    /// The number of values in one output.
    pub fn output_width(&self) -> usize {
        self.output_width
    }

    /// How many numbers training may change.
    pub fn parameter_count(&self) -> usize {
        self.parameters.iter().map(|parameter| parameter.value.len()).sum()
    }

    /// The parameters as leaves of a tape, in order; nothing is copied.
    pub fn leaves<'t>(&self, tape: &'t Tape<T>) -> Vec<Var<'t, T>> {
        self.parameters.iter().map(|parameter| parameter.on(tape)).collect()
    }

    /// The network's output `[batch, output_width]` for `x: [batch, input_width]`, computed with
    /// the given parameters (this network's own [`leaves`](Network::leaves), as a rule).
    pub fn forward<'t>(&self, parameters: &[Var<'t, T>], x: Var<'t, T>, mode: &mut Mode) -> Var<'t, T> {
        let mut parameters = parameters.iter();
        let mut next = || *parameters.next().expect("as many parameters as the network has");
        self.layers.iter().fold(x, |x, layer| match *layer {
            Layer::Dense(activation) => {
                let (weight, bias) = (next(), next());
                x.dense(weight, bias, activation)
            }
            Layer::Dropout { rate } => dropout(x, rate, mode),
        })
    }

    /// Replaces the parameters by those that `find` knows by name.
    ///
    /// # Errors
    /// When one is missing or of another shape; the network is then unchanged.
    pub fn load(&mut self, mut find: impl FnMut(&str) -> Option<ArrayD<T>>) -> Result<(), NetworkError> {
        let load = |parameter: &Parameter<T>| {
            let mismatch = |found: String| NetworkError::Mismatch {
                parameter: parameter.name.clone(),
                expected: parameter.value.shape().to_vec(),
                found,
            };
            let value = find(&parameter.name).ok_or_else(|| mismatch("nothing of that name".into()))?;
            if value.shape() != parameter.value.shape() {
                return Err(mismatch(format!("{:?}", value.shape())));
            }
            Ok(Parameter::new(parameter.name.clone(), value))
        };
        self.parameters = self.parameters.iter().map(load).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// Sets each value to 0 with probability `rate`, and divides the others by `1 − rate` so that
/// the expected value stays what it was (Srivastava et al. 2014, section 10).
fn dropout<'t, T: Real>(x: Var<'t, T>, rate: f64, mode: &mut Mode) -> Var<'t, T> {
    let Mode::Train(rng) = mode else { return x };
    // 16 random bits decide on each value: the rate is exact to 1 / 65,536.
    let threshold = (rate * 65_536.0).round() as u16;
    let kept = T::from_f64(1.0 / (1.0 - rate));
    let mask = x.tape().fill(&x.shape(), |mask| {
        let mut bits = [0u16; 1024];
        for piece in mask.chunks_mut(bits.len()) {
            rng.fill(&mut bits[..]);
            for (m, &bits) in piece.iter_mut().zip(&bits) {
                *m = if bits < threshold { T::ZERO } else { kept };
            }
        }
    });
    x * mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::UnitActivation::{LeakyRelu, Sigmoid};
    use rand::SeedableRng;

    fn dense(units: usize, activation: super::super::UnitActivation) -> LayerSpec {
        LayerSpec::Dense { units, activation }
    }

    fn rng() -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(7)
    }

    #[test]
    fn parameters_are_named_by_their_layers_place() {
        let layers = [dense(8, LeakyRelu), LayerSpec::Dropout { rate: 0.3 }, dense(2, Sigmoid)];
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
    fn dropout_keeps_the_expected_value_and_is_gone_in_use() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(ArrayD::from_elem(vec![100, 1000], 2.0));
        let dropped = dropout(x, 0.3, &mut Mode::Train(&mut rng())).value();
        let zeros = dropped.iter().filter(|&&x| x == 0.0).count() as f64 / dropped.len() as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
        assert!((dropped.mean().unwrap() - 2.0).abs() < 0.02);
        assert_eq!(dropout(x, 0.3, &mut Mode::Evaluate).value(), x.value());
    }

    #[test]
    fn layers_that_cannot_form_a_network_are_named() {
        let build =
            |layers: &[LayerSpec]| Network::<f32>::new("d", 4, layers, Init::He, &mut rng()).unwrap_err().to_string();
        assert_eq!(
            build(&[dense(3, Sigmoid), dense(0, Sigmoid)]),
            "layer 1 of d has 0 units; a dense layer needs at least 1"
        );
        assert!(build(&[LayerSpec::Dropout { rate: 1.0 }]).contains("dropout rate 1; it must be"));
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
