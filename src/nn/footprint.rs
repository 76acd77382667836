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
    /// Numbers that it gives for one sample.
    pub sample: usize,
}

impl Footprint {
    /// Numbers that all layers together give for one sample.
    pub fn sample(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.sample))
    }
}
