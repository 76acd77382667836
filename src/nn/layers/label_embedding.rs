//! Learned numbers for the label's class beside what comes in.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::check::at_least_one;
use crate::nn::handle::ParameterId;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Role};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Beside numbers in a row: `units` learned numbers for the label's class. Beside an image: `units`
/// channels, a learned map of the image's height and width for the class in each (Mirza & Osindero 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "label-embedding", units = 16 }"#)))]
pub struct LabelEmbedding {
    /// How many numbers, or channels, are added.
    pub units: usize,
}

impl Spec for LabelEmbedding {
    fn build<T: Real>(&self, b: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let units = self.units;
        at_least_one(&[("units", units)])?;
        let classes = b.labels("the label-embedding layer")?;
        let (beside, both) = match b.extent {
            Extent::Flat(width) => (Extent::Flat(units), Extent::Flat(width + units)),
            Extent::Image([h, w, c]) => (Extent::Image([h, w, units]), Extent::Image([h, w, c + units])),
        };
        let embedding = b.parameter("embedding", Role::Embedding, &[classes, beside.width()]);
        b.extent = both;
        Ok(Arc::new(LabelEmbeddingLayer { embedding, beside }))
    }
}

#[derive(Debug)]
struct LabelEmbeddingLayer {
    /// `[classes, units]`, or `[classes, h·w·units]`.
    embedding: ParameterId,
    /// What is added.
    beside: Extent,
}

impl<T: Real> Computation<T> for LabelEmbeddingLayer {
    /// `[n, width]` gives `[n, width + units]`, `[n, h, w, c]` gives `[n, h, w, c + units]`.
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let embedding = pass.of_class(self.embedding); //                            [n, units] or [n, h·w·units]
        x.concat_channels(self.beside.arrange(embedding))
    }

    fn uses_labels(&self) -> bool {
        true
    }
}
