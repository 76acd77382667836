//! Bounding the discriminator's slope the blunt way.

use crate::autodiff::Real;
use crate::nn::Parameter;
use crate::parallel::in_pieces;

/// `w ← clip(w, −limit, limit)` for every weight and bias, after each of the discriminator's
/// updates (Arjovsky et al. 2017, algorithm 1, line 7). A network of bounded weights has a bounded
/// slope; how large, nobody says.
pub fn clip_weights<T: Real>(parameters: &mut [Parameter<T>], limit: f64) {
    let limit = T::from_f64(limit);
    for parameter in parameters {
        in_pieces(parameter.elements_mut(), |_, piece| {
            for w in piece {
                // Written so that a NaN stays one, and is noticed.
                *w = if *w > limit { limit } else { *w };
                *w = if *w < -limit { -limit } else { *w };
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn weights_end_within_the_limit() {
        let mut parameters = [array![0.5, -3.0, 0.01], array![-0.02, 7.0, 0.0]]
            .map(|values| Parameter::<f64>::new("w", values.into_dyn()));
        clip_weights(&mut parameters, 0.02);
        assert_eq!(*parameters[0].value, array![0.02, -0.02, 0.01].into_dyn());
        assert_eq!(*parameters[1].value, array![-0.02, 0.02, 0.0].into_dyn());
        let mut lost = [Parameter::<f64>::new("w", array![f64::NAN].into_dyn())];
        clip_weights(&mut lost, 0.02);
        assert!(lost[0].value[[0]].is_nan());
    }
}
