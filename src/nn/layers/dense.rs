//! `f(x·Wᵀ + b)`.

use super::spectral;
use crate::autodiff::{Activation, Real, Var};
use crate::nn::build::Builder;
use crate::nn::pass::Pass;
use crate::nn::{Extent, Misfit};

#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct Dense {
    activation: Activation,
    spectral_norm: bool,
}

impl Dense {
    pub fn build<T: Real>(
        units: usize,
        activation: Activation,
        spectral_norm: bool,
        b: &mut Builder<'_, T>,
    ) -> Result<Self, Misfit> {
        if units == 0 {
            return Err(Misfit::NoUnits { kind: "dense" });
        }
        let fan_in = b.extent.width();
        b.weight(&[units, fan_in], [fan_in as f64, units as f64], activation);
        b.bias(units);
        b.multiplies(units.saturating_mul(fan_in));
        if spectral_norm {
            spectral::build(&[units, fan_in], b);
        }
        b.extent = Extent::Flat(units);
        Ok(Self { activation, spectral_norm })
    }

    /// `[n, in]` gives `[n, units]`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let (weight, bias) = (pass.parameter(), pass.parameter());
        let weight = if self.spectral_norm { spectral::normalise(weight, pass) } else { weight };
        x.dense(weight, bias, self.activation)
    }

    pub fn has_spectral_norm(&self) -> bool {
        self.spectral_norm
    }
}
