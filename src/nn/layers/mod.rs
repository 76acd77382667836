//! The layers, one a file: what a person writes, how it is built, what it computes, and what it says of itself.
//! [`LayerSpec`](super::LayerSpec) lists them.

mod activation;
mod avg_pool;
mod batch_norm;
mod class_logits;
mod conv;
mod conv_transpose;
mod default;
mod dense;
mod downsample;
mod dropout;
mod flatten;
mod global_sum_pool;
mod group_norm;
mod label_embedding;
mod layer_norm;
mod max_pool;
mod minibatch_stddev;
mod projection;
mod reshape;
mod residual;
mod spectral_norm;
mod squares;
mod upsample;
mod window;

pub use activation::Activation;
pub use avg_pool::AvgPool;
pub use batch_norm::BatchNorm;
pub use class_logits::ClassLogits;
pub use conv::Conv;
pub use conv_transpose::ConvTranspose;
pub use dense::Dense;
pub use downsample::Downsample;
pub use dropout::Dropout;
pub use flatten::Flatten;
pub use global_sum_pool::GlobalSumPool;
pub use group_norm::GroupNorm;
pub use label_embedding::LabelEmbedding;
pub use layer_norm::LayerNorm;
pub use max_pool::MaxPool;
pub use minibatch_stddev::MinibatchStddev;
pub use projection::Projection;
pub use reshape::Reshape;
pub use residual::{Residual, Skip};
pub use upsample::{Interpolation, Upsample};
