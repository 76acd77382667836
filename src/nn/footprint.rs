//! How much room a network takes, and what it multiplies, known before any of it is there.

use super::extent::count;
use crate::gemm::ConvShape;

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
    /// What its input is multiplied by.
    pub products: Vec<Products>,
}

/// What a layer's input is multiplied by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Products {
    /// A matrix `[outputs, inputs]`.
    Dense {
        /// Numbers in an input.
        inputs: usize,
        /// Numbers in an output.
        outputs: usize,
    },
    /// The kernel of a convolution, for a batch of one.
    Convolution(ConvShape),
    /// The kernel of a transposed convolution, for a batch of one: the layer's input is the shape's `y`.
    Transposed(ConvShape),
}

impl Products {
    /// Multiplications of weights and inputs on one sample's way through, as many additions with them.
    pub fn count(&self) -> usize {
        match self {
            Self::Dense { inputs, outputs } => count(&[*inputs, *outputs]),
            Self::Convolution(shape) | Self::Transposed(shape) => {
                let ([height, width], [rows, columns]) = (shape.kernel, shape.output().unwrap_or([0, 0]));
                count(&[height, width, shape.inputs, shape.outputs, rows, columns])
            }
        }
    }
}

impl LayerFootprint {
    /// Multiplications of weights and inputs on one sample's way through it.
    pub fn multiplications(&self) -> usize {
        self.products.iter().fold(0, |sum, products| sum.saturating_add(products.count()))
    }
}

impl Footprint {
    /// [`sample`](LayerFootprint::sample) of all layers together.
    pub fn sample(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.sample))
    }

    /// [`multiplications`](LayerFootprint::multiplications) of all layers together.
    pub fn multiplications(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.multiplications()))
    }

    /// [`derived`](LayerFootprint::derived) of all layers together.
    pub fn derived(&self) -> usize {
        self.layers.iter().fold(0, |sum, layer| sum.saturating_add(layer.derived))
    }
}
