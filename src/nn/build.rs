//! From what a person writes down to layers and their first parameters.

use super::layers::Layer;
use super::{Extent, InputShape, LayerSpec, Misfit, NetworkError, Parameter, Role};
use crate::autodiff::{Activation, Real};
use ndarray::ArrayD;

/// Gives an array of this shape its first values.
pub(super) type Draw<'d, T> = &'d mut dyn FnMut(Role, &[usize]) -> ArrayD<T>;

/// A network in the making: each layer in turn sees what comes in, adds its parameters and says what goes
/// out.
pub(super) struct Builder<'d, T: Real> {
    /// What goes out of the layers so far, and into the next one.
    pub extent: Extent,
    /// How many classes labels have; 0 where there are none.
    pub classes: usize,
    /// Those of the layers so far.
    pub parameters: Vec<Parameter<T>>,
    /// Those of the layers so far.
    pub statistics: Vec<Parameter<T>>,
    name: &'d str,
    /// The present layer's: `3`, or `3.1` within it.
    place: String,
    /// How many numbers parameters and statistics have so far.
    size: usize,
    draw: Draw<'d, T>,
}

/// The most numbers that a network's parameters have, 1 GiB of them, and the most that a sample has on its way: enough for
/// any network that a CPU can train on digits, and little enough that a slip in a configuration is named instead of
/// running the machine out of memory.
const LARGEST: usize = 1 << 28;
const LARGEST_SAMPLE: usize = 1 << 24;

impl<'d, T: Real> Builder<'d, T> {
    /// Nothing yet but what will come in.
    pub fn new(name: &'d str, input: InputShape, draw: Draw<'d, T>) -> Self {
        let InputShape { extent, classes } = input;
        let (parameters, statistics) = (Vec::new(), Vec::new());
        Self { extent, classes, parameters, statistics, name, place: String::new(), size: 0, draw }
    }

    /// These layers, one after another.
    pub fn layers(&mut self, specs: &[LayerSpec]) -> Result<Vec<Layer>, NetworkError> {
        let build = |builder: &mut Self, spec| {
            let layer = Layer::build(spec, builder)?;
            let sizes = [
                (builder.size, "parameters", LARGEST),
                (builder.extent.width(), "numbers for one sample", LARGEST_SAMPLE),
            ];
            match sizes.into_iter().find(|(size, _, limit)| size > limit) {
                Some((_, what, limit)) => Err(builder.refuse(Misfit::TooLarge { what, limit })),
                None => Ok(layer),
            }
        };
        specs.iter().enumerate().map(|(index, spec)| self.at(index, |builder| build(builder, spec))).collect()
    }

    /// Counts an array and gives it its first values; nothing, if there are too many: the layer will be refused.
    fn array(&mut self, role: Role, shape: &[usize]) -> ArrayD<T> {
        let size = shape.iter().fold(1usize, |product, &extent| product.saturating_mul(extent));
        self.size = self.size.saturating_add(size);
        if self.size <= LARGEST { (self.draw)(role, shape) } else { ArrayD::zeros(vec![0]) }
    }

    /// Runs `build` for a part of the present layer.
    pub fn at<R>(&mut self, part: impl ToString, build: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.place.clone();
        let dot = if outer.is_empty() { "" } else { "." };
        self.place = format!("{outer}{dot}{}", part.to_string());
        let result = build(self);
        self.place = outer;
        result
    }

    /// What is wrong with the present layer.
    pub fn refuse(&self, misfit: Misfit) -> NetworkError {
        NetworkError::Layer { name: self.name.into(), layer: self.place.clone(), misfit: Box::new(misfit) }
    }

    /// The image that comes in.
    pub fn image(&self, kind: &'static str) -> Result<[usize; 3], Misfit> {
        match self.extent {
            Extent::Image(shape) => Ok(shape),
            Extent::Flat(width) => Err(Misfit::NeedsImage { kind, width }),
        }
    }

    /// Adds the present layer's weights.
    pub fn weight(&mut self, shape: &[usize], [fan_in, fan_out]: [f64; 2], activation: Activation) {
        self.parameter("weight", Role::Weight { fan_in, fan_out, activation }, shape);
    }

    /// Adds the present layer's bias.
    pub fn bias(&mut self, width: usize) {
        self.parameter("bias", Role::Bias, &[width]);
    }

    /// Adds a parameter of the present layer.
    pub fn parameter(&mut self, what: &str, role: Role, shape: &[usize]) {
        let value = self.array(role, shape);
        self.parameters.push(Parameter::new(self.name_of(what), value));
    }

    /// Adds a statistic of the present layer.
    pub fn statistic(&mut self, what: &str, value: ArrayD<T>) {
        self.statistics.push(Parameter::new(self.name_of(what), value));
    }

    /// Adds a statistic that begins at random, each element from N(0, 1).
    pub fn random_statistic(&mut self, what: &str, shape: &[usize]) {
        let value = self.array(Role::Embedding, shape);
        self.statistic(what, value);
    }

    fn name_of(&self, what: &str) -> String {
        format!("{}.{}.{what}", self.name, self.place)
    }
}

/// Refuses a number that is 0, or larger than any that makes sense of an image.
pub(super) fn at_least_one(numbers: &[(&'static str, usize)]) -> Result<(), Misfit> {
    match numbers.iter().find(|(_, number)| *number == 0) {
        Some(&(key, _)) => Err(Misfit::Zero { key }),
        None => sensible(numbers),
    }
}

/// Refuses a number that is larger than any that makes sense of an image.
pub(super) fn sensible(numbers: &[(&'static str, usize)]) -> Result<(), Misfit> {
    const LARGEST_NUMBER: usize = 1 << 16;
    match numbers.iter().find(|(_, number)| *number > LARGEST_NUMBER) {
        Some(&(key, value)) => Err(Misfit::OutOfRange { key, value: value as f64, allowed: "at most 65536" }),
        None => Ok(()),
    }
}
