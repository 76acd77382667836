//! Silencing units at random.

use crate::autodiff::{Real, Var};
use crate::nn::build::Builder;
use crate::nn::layer::{Computation, Spec};
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerError, Mode};
use rand::RngExt;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// In training, each value is set to 0 with probability `rate` and otherwise divided by
/// `1 − rate`; in use, nothing is done (Srivastava et al. 2014).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, schemars(extend("example" = r#"{ kind = "dropout", rate = 0.3 }"#)))]
pub struct Dropout {
    /// In [0, 1).
    pub rate: f64,
}

impl Spec for Dropout {
    fn build<T: Real>(&self, _: &mut Builder<'_, T>) -> Result<Arc<dyn Computation<T>>, LayerError> {
        let rate = self.rate;
        if (0.0..1.0).contains(&rate) { Ok(Arc::new(self.clone())) } else { Err(LayerError::DropoutRate { rate }) }
    }
}

impl<T: Real> Computation<T> for Dropout {
    /// Sets each value to 0 with probability `rate`, and divides the others by `1 − rate` so that
    /// the expected value stays what it was (Srivastava et al. 2014, section 10).
    fn forward<'t>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let Mode::Train(training) = &mut *pass.mode else { return x };
        // 16 random bits decide on each value: the rate is exact to 1 / 65,536.
        let threshold = (self.rate * 65_536.0).round() as u16;
        let kept = T::from_f64(1.0 / (1.0 - self.rate));
        let mask = x.tape().fill(&x.shape(), |mask| {
            let mut bits = [0u16; 1024];
            for piece in mask.chunks_mut(bits.len()) {
                training.dropout.fill(&mut bits[..]);
                for (m, &bits) in piece.iter_mut().zip(&bits) {
                    *m = if bits < threshold { T::ZERO } else { kept };
                }
            }
        });
        x * mask
    }

    fn takes(&self, _: Extent) -> Option<Extent> {
        None
    }

    fn sums_over_samples(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Tape;
    use crate::nn::Training;
    use ndarray::ArrayD;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn it_keeps_the_expected_value_and_is_gone_in_use() {
        let tape = Tape::<f64>::new();
        let x = tape.leaf(ArrayD::from_elem(vec![100, 1000], 2.0));
        let layer = Dropout { rate: 0.3 };
        let forward = |mode: &mut Mode<'_, f64>| layer.forward(x, &mut Pass::new(&[], &[], None, mode)).value();
        let dropped = forward(&mut Mode::Train(&mut Training::from(ChaCha8Rng::seed_from_u64(7))));
        let zeros = dropped.iter().filter(|&&x| x == 0.0).count() as f64 / dropped.len() as f64;
        assert!((zeros - 0.3).abs() < 0.01, "{zeros}");
        assert!((dropped.mean().unwrap() - 2.0).abs() < 0.02);
        assert_eq!(forward(&mut Mode::Evaluate), x.value());
    }
}
