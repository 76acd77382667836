//! How good generated images are, and how varied: floor five.
//!
//! Whoever looks at a hundred images sees how good they are, but hardly which ones are missing. The measures here
//! compare two *sets*, real and generated images, each image given by its features, `[n, features]`: what a
//! classifier's last hidden layer says of it, or simply its pixels.
//!
//! | question | measure |
//! |---|---|
//! | how far is the one cloud of points from the other, in one number? | [`frechet_distance`] |
//! | do generated images look real? are all real ones within reach? | [`precision_recall`], [`density_coverage`] |
//! | is a generated image copied from the training set? | [`nearest`] |
//! | is each class drawn as often as the others? is it the one asked for? | [`Histogram`], [`Confusion`] |
//! | what does the cloud look like? | [`Projection`] |
//!
//! Whatever decides is computed in double precision, and sums are never cut by threads: the same sets give the same
//! numbers, to the last bit, on any number of threads.

mod classes;
mod eigen;
mod error;
mod evaluation;
mod frechet;
mod gaussian;
mod manifold;
mod neighbours;
mod pairs;
mod projection;
mod shadow;

pub use classes::{Confusion, Histogram, Mistake};
pub use error::MetricError;
pub use evaluation::{Agreement, Quality, Reference};
pub use frechet::frechet_distance;
pub use gaussian::Gaussian;
pub use manifold::{
    DENSITY_COVERAGE_K, DensityCoverage, Manifold, PRECISION_RECALL_K, PrecisionRecall, density_coverage, overlap,
    precision_recall,
};
pub use neighbours::{Neighbour, Neighbourhood, nearest, radii};
pub use projection::Projection;

#[cfg(test)]
mod testing;
