//! From what a person writes down to layers and their first parameters.

use super::layers::Layer;
use super::{Extent, Footprint, InputShape, LayerFootprint, LayerSpec, Misfit, NetworkError, Parameter, Role};
use crate::autodiff::{Activation, Real};
use ndarray::ArrayD;
use std::mem;

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
    /// What they take so far.
    footprint: Footprint,
    /// What a tape holds of the present layer.
    held: Held,
    /// None for a network of which only the shapes are wanted.
    draw: Option<Draw<'d, T>>,
}

/// What a tape holds of a layer, and what that costs.
#[derive(Clone, Copy)]
struct Held {
    /// Arrays of the size of its output.
    outputs: usize,
    /// Numbers that do not depend on the batch.
    derived: usize,
    /// Products of weights and a sample's numbers; no matter of what is held, but of the layer too.
    products: usize,
}

impl Default for Held {
    /// Its output.
    fn default() -> Self {
        Self { outputs: 1, derived: 0, products: 0 }
    }
}

/// The most numbers that a network's parameters have, 1 GiB of them, and the most that a sample has on its way: enough for
/// any network that a CPU can train on digits, and little enough that a slip in a configuration is named instead of
/// running the machine out of memory.
const LARGEST: usize = 1 << 28;
const LARGEST_SAMPLE: usize = 1 << 24;

impl<'d, T: Real> Builder<'d, T> {
    /// Nothing yet but what will come in.
    pub fn new(name: &'d str, input: InputShape, draw: Option<Draw<'d, T>>) -> Self {
        let InputShape { extent, classes } = input;
        let (parameters, statistics) = (Vec::new(), Vec::new());
        let (footprint, held) = (Footprint::default(), Held::default());
        Self { extent, classes, parameters, statistics, name, place: String::new(), footprint, held, draw }
    }

    /// These layers, one after another.
    pub fn layers(&mut self, specs: &[LayerSpec]) -> Result<Vec<Layer>, NetworkError> {
        let build = |builder: &mut Self, spec| {
            let (before, around) = (builder.footprint.arrays, mem::take(&mut builder.held));
            let layer = Layer::build(spec, builder)?;
            let (arrays, sample) = (builder.footprint.arrays, builder.extent.width());
            builder.note_layer(arrays - before, sample);
            builder.held = around;
            let sizes = [(arrays, "parameters", LARGEST), (sample, "numbers for one sample", LARGEST_SAMPLE)];
            match sizes.into_iter().find(|(size, _, limit)| size > limit) {
                Some((_, what, limit)) => Err(builder.refuse(Misfit::TooLarge { what, limit })),
                None => Ok(layer),
            }
        };
        specs.iter().enumerate().map(|(index, spec)| self.at(index, |builder| build(builder, spec))).collect()
    }

    /// [How many](Footprint::products) weights a sample is multiplied by in the layers so far.
    pub fn products(&self) -> usize {
        self.footprint.products()
    }

    /// What the layers so far take.
    pub fn into_footprint(self) -> Footprint {
        self.footprint
    }

    fn note_layer(&mut self, arrays: usize, sample: usize) {
        let (name, Held { outputs, derived, products }) = (format!("{}.{}", self.name, self.place), self.held);
        let sample = sample.saturating_mul(outputs);
        self.footprint.layers.push(LayerFootprint { name, arrays, sample, derived, products });
    }

    /// Notes that a tape holds so many arrays of the size of the present layer's output, and not only that one.
    pub fn holds(&mut self, outputs: usize) {
        self.held.outputs = outputs;
    }

    /// Notes that a tape holds so many more numbers, whatever the batch.
    pub fn derives(&mut self, numbers: usize) {
        self.held.derived = self.held.derived.saturating_add(numbers);
    }

    /// Notes that a sample is multiplied by so many weights in the present layer.
    pub fn multiplies(&mut self, products: usize) {
        self.held.products = self.held.products.saturating_add(products);
    }

    /// Notes that a thread keeps so many numbers beside the arrays while it computes the present layer.
    pub fn buffers(&mut self, numbers: usize) {
        self.footprint.buffers = self.footprint.buffers.max(numbers);
    }

    /// Counts an array and has its first values drawn; none are where only shapes are wanted, or there are too many: the
    /// layer will be refused.
    fn array(&mut self, shape: &[usize], values: impl FnOnce(Draw<'_, T>) -> ArrayD<T>) -> ArrayD<T> {
        let size = shape.iter().fold(1usize, |product, &extent| product.saturating_mul(extent));
        self.footprint.arrays = self.footprint.arrays.saturating_add(size);
        match &mut self.draw {
            Some(draw) if self.footprint.arrays <= LARGEST => values(draw),
            _ => ArrayD::zeros(vec![0]),
        }
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
        let value = self.array(shape, |draw| draw(role, shape));
        self.parameters.push(Parameter::new(self.name_of(what), value));
    }

    /// Adds a statistic of the present layer, each element of which begins with this value.
    pub fn statistic(&mut self, what: &str, shape: &[usize], value: T) {
        let value = self.array(shape, |_| ArrayD::from_elem(shape, value));
        self.statistics.push(Parameter::new(self.name_of(what), value));
    }

    /// Adds a statistic that begins at random, each element from N(0, 1).
    pub fn random_statistic(&mut self, what: &str, shape: &[usize]) {
        let value = self.array(shape, |draw| draw(Role::Embedding, shape));
        self.statistics.push(Parameter::new(self.name_of(what), value));
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
