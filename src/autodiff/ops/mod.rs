//! The operations, one file a family: in each, the operation's value and its derivative side by
//! side, and the [`Var`](super::Var) method that applies it.

mod activation;
mod arithmetic;
mod batch_norm;
mod bce;
mod bilinear;
mod broadcast;
mod channels;
mod conv;
mod conv_terms;
mod dense;
mod gather;
mod matmul;
mod max_pool;
mod moments;
mod nearest;
mod norm;
mod notation;
mod power;
mod rows;
mod shape;
mod softmax;
mod spectral;
mod stddev;
mod warp;
mod window;

pub use batch_norm::Normalised;
pub use warp::Places;
pub use window::Window;
