//! Normalisation, and the one layer that looks at a batch as a whole for another purpose.

use super::Kind;
use super::label::check_labels;
use crate::autodiff::{Activation, Normalised, Real, Var};
use crate::nn::build::{Builder, at_least_one};
use crate::nn::pass::Pass;
use crate::nn::{Extent, Misfit, Role};

/// `f(gain·x̂ + bias)`, with `x̂` of mean 0 and variance 1 over a batch.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct BatchNorm {
    channels: usize,
    momentum: f64,
    epsilon: f64,
    conditional: bool,
    activation: Activation,
}

impl BatchNorm {
    pub fn build<T: Real>(
        [momentum, epsilon]: [f64; 2],
        conditional: bool,
        activation: Activation,
        b: &mut Builder<'_, T>,
    ) -> Result<Self, Misfit> {
        if !(momentum > 0.0 && momentum <= 1.0) {
            return Err(Misfit::OutOfRange { key: "momentum", value: momentum, allowed: "above 0 and at most 1" });
        }
        check_epsilon(epsilon)?;
        let channels = b.extent.channels();
        if conditional {
            check_labels("conditional = true", b)?;
            b.parameter("gain", Role::Gain, &[b.classes, channels]);
            b.parameter("bias", Role::Bias, &[b.classes, channels]);
        } else {
            b.parameter("gain", Role::Gain, &[channels]);
            b.bias(channels);
        }
        b.statistic("running_mean", &[channels], T::ZERO);
        b.statistic("running_variance", &[channels], T::ONE);
        b.holds(if conditional { 4 } else { 2 });
        Ok(Self { channels, momentum, epsilon, conditional, activation })
    }

    /// In training with the moments of this batch, which the running ones move towards; in use with the running
    /// ones. The shape stays.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        if self.conditional {
            let [gain, bias] = [pass.of_class(), pass.of_class()].map(|of_class| per_channel(of_class, x));
            let tape = x.tape();
            let [one, zero] = [T::ONE, T::ZERO].map(|value| tape.fill(&[self.channels], |y| y.fill(value)));
            return (self.normalised(x, [one, zero], Activation::Identity, pass) * gain + bias)
                .activate(self.activation);
        }
        let gain_and_bias = [pass.parameter(), pass.parameter()];
        self.normalised(x, gain_and_bias, self.activation, pass)
    }

    pub fn is_conditional(&self) -> bool {
        self.conditional
    }

    fn normalised<'t, T: Real>(
        &self,
        x: Var<'t, T>,
        [gain, bias]: [Var<'t, T>; 2],
        activation: Activation,
        pass: &mut Pass<'_, '_, 't, T>,
    ) -> Var<'t, T> {
        let running = [pass.statistic(), pass.statistic()]; //                       [channels] each
        if !pass.is_training() {
            let moments = running.map(|statistic| statistic.on(x.tape()));
            return x.normalised_by(moments, [gain, bias], self.epsilon, activation);
        }
        let Normalised { value, mean, variance } = x.batch_norm_layer(gain, bias, self.epsilon, activation);
        pass.note(running[0], mean, self.momentum);
        pass.note(running[1], variance, self.momentum);
        value
    }
}

/// `f(gain·x̂ + bias)`, with `x̂` of mean 0 and variance 1 over a group of a sample's channels.
#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct GroupNorm {
    groups: usize,
    epsilon: f64,
    activation: Activation,
}

impl GroupNorm {
    pub fn build<T: Real>(
        groups: usize,
        epsilon: f64,
        activation: Activation,
        b: &mut Builder<'_, T>,
    ) -> Result<Self, Misfit> {
        at_least_one(&[("groups", groups)])?;
        check_epsilon(epsilon)?;
        let channels = b.extent.channels();
        if !channels.is_multiple_of(groups) {
            return Err(Misfit::Groups { groups, channels });
        }
        b.parameter("gain", Role::Gain, &[channels]);
        b.bias(channels);
        b.holds(8); // it is made of plain operations
        Ok(Self { groups, epsilon, activation })
    }

    /// The shape stays.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>, pass: &mut Pass<'_, '_, 't, T>) -> Var<'t, T> {
        let (gain, bias) = (pass.parameter(), pass.parameter());
        (x.group_norm(self.groups, self.epsilon) * gain + bias).activate(self.activation)
    }
}

/// A layer that adds a channel to images: how much the samples of a group differ.
pub(super) fn minibatch_stddev<T: Real>(group: usize, b: &mut Builder<'_, T>) -> Result<Kind, Misfit> {
    at_least_one(&[("group", group)])?;
    let [h, w, c] = b.image("minibatch-stddev")?;
    b.extent = Extent::Image([h, w, c + 1]);
    b.holds(4);
    Ok(Kind::MinibatchStddev { group })
}

/// `[n, h, w, c]` gives `[n, h, w, c + 1]`, in groups of as many samples, at most `group`, as divide the batch.
pub(super) fn with_stddev<T: Real>(images: Var<'_, T>, group: usize) -> Var<'_, T> {
    let batch = images.shape()[0];
    let divisor = (1..=group.min(batch)).rev().find(|&group| batch.is_multiple_of(group));
    images.minibatch_stddev(divisor.unwrap_or(1))
}

/// Numbers `[n, channels]` as they multiply, or add to, every pixel of their sample in `x`.
fn per_channel<'t, T: Real>(of_sample: Var<'t, T>, x: Var<'t, T>) -> Var<'t, T> {
    let (shape, is_image) = (of_sample.shape(), x.shape().len() == 4);
    if is_image { of_sample.reshape(&[shape[0], 1, 1, shape[1]]) } else { of_sample }
}

fn check_epsilon(epsilon: f64) -> Result<(), Misfit> {
    match epsilon > 0.0 && epsilon.is_finite() {
        true => Ok(()),
        false => Err(Misfit::OutOfRange { key: "epsilon", value: epsilon, allowed: "a finite number above 0" }),
    }
}
