//! Drawing images from a generator.

pub(in crate::gan) mod drawn;
pub(in crate::gan) mod in_use;
pub(in crate::gan) mod insight;
pub(in crate::gan) mod interpolate;
pub(in crate::gan) mod nearest;
pub(in crate::gan) mod score;

pub use drawn::{Classes, Drawn, Request, draw, draw_from, draw_in_pieces, draw_requested, latent_in_pieces};
pub use insight::{LayerView, activations, generator_slopes, input_gradients, layer_views, views_of};
pub use interpolate::{interpolate, slerp};
pub use nearest::{Nearest, nearest_latent};
pub use score::score;
