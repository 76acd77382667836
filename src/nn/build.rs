//! What layers are built with: their place, what comes in, and the first values of their parameters.

use super::extent::count;
use super::handle::{ParameterId, StatisticId};
use super::{Extent, Footprint, InputShape, LayerError, LayerFootprint, NetworkError, Parameter, Products, Role};
use crate::autodiff::{Activation, Real};
use ndarray::ArrayD;
use std::fmt::Display;
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
struct Held {
    /// Arrays of the size of its output.
    outputs: usize,
    /// Numbers that do not depend on the batch.
    derived: usize,
    /// What the input is multiplied by; no matter of what is held, but of the layer too.
    products: Vec<Products>,
}

impl Default for Held {
    /// Its output.
    fn default() -> Self {
        Self { outputs: 1, derived: 0, products: Vec::new() }
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

    /// Runs `build` for the layer of this number, and notes what the layer takes. When it is refused, the builder stays
    /// at its place, for [`refuse`](Builder::refuse) to name.
    ///
    /// # Errors
    /// What `build` refuses, and a layer that is too large.
    pub fn layer<R>(
        &mut self,
        index: usize,
        build: impl FnOnce(&mut Self) -> Result<R, LayerError>,
    ) -> Result<R, LayerError> {
        let (before, held) = (self.footprint.arrays, mem::take(&mut self.held));
        let outer = self.enter(index);
        let layer = build(self)?;
        let (arrays, sample) = (self.footprint.arrays, self.extent.width());
        self.note_layer(arrays - before, sample);
        let sizes = [(arrays, "parameters", LARGEST), (sample, "numbers for one sample", LARGEST_SAMPLE)];
        if let Some((_, what, limit)) = sizes.into_iter().find(|(size, _, limit)| size > limit) {
            return Err(LayerError::TooLarge { what, limit });
        }
        (self.place, self.held) = (outer, held);
        Ok(layer)
    }

    /// [How many](Footprint::multiplications) weights a sample is multiplied by in the layers so far.
    pub fn multiplications(&self) -> usize {
        self.footprint.multiplications()
    }

    /// What the layers so far take.
    pub fn into_footprint(self) -> Footprint {
        self.footprint
    }

    fn note_layer(&mut self, arrays: usize, sample: usize) {
        let (name, held) = (format!("{}.{}", self.name, self.place), mem::take(&mut self.held));
        let Held { outputs, derived, products } = held;
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

    /// Notes what a sample is multiplied by in the present layer, and what a thread keeps for that beside the arrays.
    pub fn multiplies(&mut self, products: Products) {
        if let Products::Convolution(shape) | Products::Transposed(shape) = &products {
            self.footprint.buffers = self.footprint.buffers.max(shape.buffers());
        }
        self.held.products.push(products);
    }

    /// Counts an array and has its first values drawn; none are where only shapes are wanted, or there are too many: the
    /// layer will be refused.
    fn array(&mut self, shape: &[usize], values: impl FnOnce(Draw<'_, T>) -> ArrayD<T>) -> ArrayD<T> {
        self.footprint.arrays = self.footprint.arrays.saturating_add(count(shape));
        match &mut self.draw {
            Some(draw) if self.footprint.arrays <= LARGEST => values(draw),
            _ => ArrayD::zeros(vec![0]),
        }
    }

    /// Runs `build` for a part of the present layer.
    pub fn at<R>(&mut self, part: &str, build: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.enter(part);
        let result = build(self);
        self.place = outer;
        result
    }

    /// Goes to a part of the present place; the one to go back to is given.
    fn enter(&mut self, part: impl Display) -> String {
        let dot = if self.place.is_empty() { "" } else { "." };
        let inner = format!("{}{dot}{part}", self.place);
        mem::replace(&mut self.place, inner)
    }

    /// What is wrong with the present layer.
    pub fn refuse(&self, error: LayerError) -> NetworkError {
        NetworkError::Layer { name: self.name.into(), layer: self.place.clone(), error: Box::new(error) }
    }

    /// The image that comes in.
    pub fn image(&self, kind: &'static str) -> Result<[usize; 3], LayerError> {
        match self.extent {
            Extent::Image(shape) => Ok(shape),
            Extent::Flat(width) => Err(LayerError::NeedsImage { kind, width }),
        }
    }

    /// How many classes there are, for the part of the network that looks at labels.
    pub fn labels(&self, what: &'static str) -> Result<usize, LayerError> {
        if self.classes == 0 { Err(LayerError::NeedsLabels { what }) } else { Ok(self.classes) }
    }

    /// Adds the present layer's weights.
    pub fn weight(&mut self, shape: &[usize], [fan_in, fan_out]: [f64; 2], activation: Activation) -> ParameterId {
        self.parameter("weight", Role::Weight { fan_in, fan_out, activation }, shape)
    }

    /// Adds the present layer's bias.
    pub fn bias(&mut self, width: usize) -> ParameterId {
        self.parameter("bias", Role::Bias, &[width])
    }

    /// Adds a parameter of the present layer.
    pub fn parameter(&mut self, what: &str, role: Role, shape: &[usize]) -> ParameterId {
        let value = self.array(shape, |draw| draw(role, shape));
        self.parameters.push(Parameter::new(self.name_of(what), value));
        ParameterId(self.parameters.len() - 1)
    }

    /// Adds a statistic of the present layer, each element of which begins with this value.
    pub fn statistic(&mut self, what: &str, shape: &[usize], value: T) -> StatisticId {
        let value = self.array(shape, |_| ArrayD::from_elem(shape, value));
        self.add_statistic(what, value)
    }

    /// Adds a statistic that begins at random, each element from N(0, 1).
    pub fn random_statistic(&mut self, what: &str, shape: &[usize]) -> StatisticId {
        let value = self.array(shape, |draw| draw(Role::Embedding, shape));
        self.add_statistic(what, value)
    }

    fn add_statistic(&mut self, what: &str, value: ArrayD<T>) -> StatisticId {
        self.statistics.push(Parameter::new(self.name_of(what), value));
        StatisticId(self.statistics.len() - 1)
    }

    /// The present layer's name, such as `discriminator.3`.
    pub fn layer_name(&self) -> String {
        format!("{}.{}", self.name, self.place)
    }

    fn name_of(&self, what: &str) -> String {
        format!("{}.{}.{what}", self.name, self.place)
    }
}
