//! How much room a network takes, known before any of it is there.

/// What the layers of a network take.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Footprint {
    /// Layer by layer; what is within a block stands before the block.
    pub layers: Vec<LayerFootprint>,
    /// Numbers in all parameters and statistics.
    pub arrays: usize,
    /// The most numbers that a thread keeps beside the arrays while it computes a layer.
    pub buffers: usize,
}

/// What one layer takes.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerFootprint {
    /// Its place, such as `generator.3`.
    pub name: String,
    /// Numbers in its parameters and statistics.
    pub arrays: usize,
    /// Numbers that a tape holds of it for one sample: its output, and what that is computed from.
    pub sample: usize,
    /// Numbers that a tape holds of it whatever the batch: weights that are made from other weights.
    pub derived: usize,
    /// Multiplications of weights and inputs on one sample's way through it, as many additions with them.
    pub products: usize,
}

impl Footprint {
    /// [`sample`](LayerFootprint::sample) of all layers together.
    pub fn sample(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.sample))
    }

    /// [`products`](LayerFootprint::products) of all layers together.
    pub fn products(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.products))
    }

    /// [`derived`](LayerFootprint::derived) of all layers together.
    pub fn derived(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.derived))
    }
}
