//! Layers that cannot form a network.

use super::Extent;

/// Why a network cannot be built or loaded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Not one layer with parameters.
    #[error("{name} has no dense layer; give it at least one, such as {{ kind = \"dense\", units = 1 }}")]
    Empty {
        /// The network.
        name: String,
    },
    /// A layer that does not fit.
    #[error("layer {layer} of {name} {error}")]
    Layer {
        /// The network.
        name: String,
        /// The layer's place, from 0; `3.1` is the second one within layer 3.
        layer: String,
        /// What is wrong.
        error: Box<LayerError>,
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

/// What is wrong with a layer: the words that follow "layer 2 of the generator".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LayerError {
    /// A width of 0.
    #[error("has 0 units; a {kind} layer needs at least 1")]
    NoUnits {
        /// The kind of layer.
        kind: &'static str,
    },
    /// More numbers than there is room for.
    #[error("makes for more than {limit} {what}; make it smaller")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// The most there may be.
        limit: usize,
    },
    /// Another number that must not be 0.
    #[error("has {key} 0; it must be at least 1")]
    Zero {
        /// Which one.
        key: &'static str,
    },
    /// A dropout rate that keeps nothing, or is no rate.
    #[error("has dropout rate {rate}; it must be at least 0 and below 1")]
    DropoutRate {
        /// The rate.
        rate: f64,
    },
    /// Another number out of its range.
    #[error("has {key} {value}; it must be {allowed}")]
    OutOfRange {
        /// Which one.
        key: &'static str,
        /// What it is.
        value: f64,
        /// What it may be.
        allowed: &'static str,
    },
    /// Images are needed.
    #[error(
        "is a {kind} layer, which takes images, but what comes in is {width} numbers; put {{ kind = \"reshape\", shape = \
         [height, width, channels] }} before it"
    )]
    NeedsImage {
        /// The kind of layer.
        kind: &'static str,
        /// What comes in.
        width: usize,
    },
    /// Numbers in a row are needed.
    #[error("is a {kind} layer, which takes numbers in a row, but what comes in is an image of {image:?}; {remedy}")]
    NeedsFlat {
        /// The kind of layer.
        kind: &'static str,
        /// What comes in.
        image: [usize; 3],
        /// What to do.
        remedy: &'static str,
    },
    /// A shape with another number of elements.
    #[error(
        "makes {shape:?} of {from}; that shape has {} numbers, so give it {} or the layer before it {0} units",
        shape.iter().product::<usize>(),
        from.width()
    )]
    Reshape {
        /// What comes in.
        from: Extent,
        /// What should come out.
        shape: [usize; 3],
    },
    /// A kernel that has no place in the image.
    #[error(
        "has a kernel of {kernel} × {kernel}, larger than its image of {image:?} with padding {padding}; make the kernel \
         smaller, or shrink the image less before it"
    )]
    Kernel {
        /// Its height and width.
        kernel: usize,
        /// What comes in.
        image: [usize; 3],
        /// Pixels added to each side.
        padding: usize,
    },
    /// A transposed convolution of which nothing is left, or that no convolution leads back from.
    #[error(
        "makes no image of {image:?} with kernel {kernel}, stride {stride}, padding {padding} and output_padding \
         {output_padding}: output_padding must be below stride, and the kernel larger than 2·padding minus output_padding"
    )]
    Transpose {
        /// What comes in.
        image: [usize; 3],
        /// Its height and width.
        kernel: usize,
        /// Pixels of the result between two of the image's neighbours.
        stride: usize,
        /// Pixels taken from each side of the result.
        padding: usize,
        /// Pixels added at the bottom and at the right.
        output_padding: usize,
    },
    /// Images that cannot be divided into squares.
    #[error("shrinks its image of {image:?} by {size}, which divides not both its height and its width")]
    Pool {
        /// What comes in.
        image: [usize; 3],
        /// The squares' side.
        size: usize,
    },
    /// Channels that cannot be divided into groups.
    #[error("has {groups} groups for {channels} channels; groups must divide them")]
    Groups {
        /// How many groups.
        groups: usize,
        /// How many channels come in.
        channels: usize,
    },
    /// Labels are needed.
    #[error("uses labels, but none are given; set training.classes, or leave {what} out")]
    NeedsLabels {
        /// What uses them.
        what: &'static str,
    },
    /// A residual block whose two paths end differently.
    #[error(
        "adds {block} to its input, {input}; {}",
        if same_size(input, block) {
            "set skip = \"conv\" to fit the channels"
        } else {
            "a block must leave height and width as they are: put the layer that changes them before or after it"
        }
    )]
    Residual {
        /// What comes in.
        input: Extent,
        /// What its layers make of it.
        block: Extent,
    },
}

/// Whether only the channels differ.
fn same_size(a: &Extent, b: &Extent) -> bool {
    matches!((a, b), (Extent::Image([h, w, _]), Extent::Image([p, q, _])) if (h, w) == (p, q))
}
