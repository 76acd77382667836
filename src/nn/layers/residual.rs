//! `x + f(x)`.

use super::Layer;
use crate::autodiff::{Activation, Real, Var, Window};
use crate::nn::build::Builder;
use crate::nn::pass::Pass;
use crate::nn::{Extent, LayerSpec, Misfit, NetworkError, Parameter, Skip};

#[derive(Clone, Debug)]
pub(in crate::nn) struct Residual {
    layers: Vec<Layer>,
    /// Whether `x` goes through a convolution of its own.
    projects: bool,
}

impl Residual {
    pub fn build<T: Real>(
        layers: &[LayerSpec],
        skip: Skip,
        scales: [f64; 2],
        b: &mut Builder<'_, T>,
    ) -> Result<Self, NetworkError> {
        check_scales(scales).map_err(|misfit| b.refuse(misfit))?;
        let (input, first) = (b.extent, b.parameters.len());
        let layers = b.layers(layers)?;
        scale_weights(&mut b.parameters[first..], scales);
        let block = b.extent;
        let projects = match (input, block, skip) {
            _ if input == block => false,
            (Extent::Image([h, w, from]), Extent::Image([height, width, to]), Skip::Conv)
                if [h, w] == [height, width] =>
            {
                b.at("skip", |b| b.weight(&[1, 1, from, to], [from as f64, to as f64], Activation::Identity));
                true
            }
            _ => return Err(b.refuse(Misfit::Residual { input, block })),
        };
        b.holds(2);
        Ok(Self { layers, projects })
    }

    /// The layers of the block.
    pub fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter()
    }

    /// `x + f(x)`, of the shape of `f(x)`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let block = self.layers.iter().fold(x, |x, layer| layer.forward(x, pass));
        let past = if self.projects { x.conv(pass.parameter(), Window { stride: 1, padding: 0 }) } else { x };
        past + block
    }
}

/// Multiplies the weights among these parameters, the last of them by `last`, the others by `scale`.
fn scale_weights<T: Real>(parameters: &mut [Parameter<T>], [scale, last]: [f64; 2]) {
    let mut weights: Vec<_> = parameters.iter_mut().filter(|parameter| parameter.name.ends_with(".weight")).collect();
    let Some((final_weight, others)) = weights.split_last_mut() else { return };
    final_weight.scale(T::from_f64(last));
    others.iter_mut().for_each(|weight| weight.scale(T::from_f64(scale)));
}

fn check_scales(scales: [f64; 2]) -> Result<(), Misfit> {
    let keys = ["init_scale", "last_init_scale"].into_iter().zip(scales);
    match keys.into_iter().find(|(_, value)| !(value.is_finite() && *value >= 0.0)) {
        Some((key, value)) => Err(Misfit::OutOfRange { key, value, allowed: "a finite number, at least 0" }),
        None => Ok(()),
    }
}
