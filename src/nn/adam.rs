//! Adam (Kingma & Ba 2015).

use super::{NetworkError, Optimizer, Parameter};
use crate::autodiff::{Real, Tensor};
use crate::parallel::in_step;
use ndarray::ArrayD;

/// Adam: each number's step is its gradient's running mean over the root of its running mean
/// square, so every number moves by about the learning rate, however steep its slope.
///
/// `m ← β₁m + (1 − β₁)g`, `v ← β₂v + (1 − β₂)g²`, both divided by `1 − βᵗ` since they start at
/// zero, then `θ ← θ − α·m̂ / (√v̂ + ε)` (algorithm 1 of the paper).
#[derive(Clone, Debug)]
pub struct Adam<T: Real = f32> {
    /// `α`.
    pub learning_rate: f64,
    /// `β₁`: how much of the mean is kept from step to step.
    pub beta1: f64,
    /// `β₂`: how much of the mean square is kept.
    pub beta2: f64,
    /// `ε`: added to the root so that a gradient of zero divides by something.
    pub epsilon: f64,
    steps: i32,
    moments: Vec<Moments<T>>,
}

/// The running means of one parameter.
#[derive(Clone, Debug)]
struct Moments<T> {
    first: Tensor<T>,
    second: Tensor<T>,
}

impl<T: Real> Adam<T> {
    /// An optimizer for these parameters, at step 0, with `ε = 1e-8`.
    pub fn new(parameters: &[Parameter<T>], learning_rate: f64, beta1: f64, beta2: f64) -> Self {
        let zeros = |p: &Parameter<T>| Tensor::from_elem(p.value.shape(), T::ZERO);
        let moments = parameters.iter().map(|p| Moments { first: zeros(p), second: zeros(p) }).collect();
        Self { learning_rate, beta1, beta2, epsilon: 1e-8, steps: 0, moments }
    }

    /// What it remembers of these parameters: of each, `NAME.first_moment` and `NAME.second_moment`, in its
    /// shape. Nothing is copied.
    pub fn moments(&self, parameters: &[Parameter<T>]) -> impl Iterator<Item = Parameter<T>> {
        let all = parameters.iter().zip(&self.moments);
        all.flat_map(|(parameter, Moments { first, second })| {
            [("first", first), ("second", second)]
                .map(|(which, moment)| Parameter { name: moment_name(parameter, which), value: moment.clone() })
        })
    }

    /// Goes on from where an optimizer of these parameters stood that had made so many steps, and whose moments `find`
    /// knows by the names that [`moments`](Adam::moments) gives them.
    ///
    /// # Errors
    /// When one is missing or of another shape; the optimizer is then of no use.
    pub fn load(
        &mut self,
        parameters: &[Parameter<T>],
        steps: u64,
        mut find: impl FnMut(&str) -> Option<ArrayD<T>>,
    ) -> Result<(), NetworkError> {
        self.steps = i32::try_from(steps).unwrap_or(i32::MAX); // by then 1 − βᵗ has long been 1
        for (parameter, moments) in parameters.iter().zip(&mut self.moments) {
            for (which, moment) in [("first", &mut moments.first), ("second", &mut moments.second)] {
                let name = moment_name(parameter, which);
                *moment = Parameter { name: name.clone(), ..parameter.clone() }.replaced_by(find(&name))?.value;
            }
        }
        Ok(())
    }
}

impl<T: Real> Optimizer<T> for Adam<T> {
    fn begin(&mut self) {
        self.steps = self.steps.saturating_add(1);
    }

    /// One sweep over each array, in parallel.
    fn update(&mut self, index: usize, parameter: &mut Parameter<T>, gradient: &[T]) {
        let update = Update::new(self);
        let Moments { first, second } = &mut self.moments[index];
        let [first, second] = [first, second].map(|moment| moment.as_slice_mut().expect("moments are contiguous"));
        let arrays = [parameter.elements_mut(), first, second];
        in_step(gradient, arrays, |g, [values, m, v]| update.apply(values, g, m, v));
    }
}

fn moment_name<T>(parameter: &Parameter<T>, which: &str) -> String {
    format!("{}.{which}_moment", parameter.name)
}

/// The numbers that are the same for every element of a step.
struct Update<T> {
    beta1: T,
    beta2: T,
    step_size: T,
    second_scale: T,
    epsilon: T,
}

impl<T: Real> Update<T> {
    fn new(adam: &Adam<T>) -> Self {
        let unbiased = |beta: f64| 1.0 - beta.powi(adam.steps);
        Self {
            beta1: T::from_f64(adam.beta1),
            beta2: T::from_f64(adam.beta2),
            step_size: T::from_f64(adam.learning_rate / unbiased(adam.beta1)), //  α·m̂ = step_size·m
            second_scale: T::from_f64(1.0 / unbiased(adam.beta2)),             //              v̂ = second_scale·v
            epsilon: T::from_f64(adam.epsilon),
        }
    }

    #[inline(always)]
    fn apply(&self, values: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T]) {
        let (keep1, keep2) = (self.beta1, self.beta2);
        let (new1, new2) = (T::ONE - keep1, T::ONE - keep2);
        for (((value, &g), m), v) in values.iter_mut().zip(gradient).zip(first).zip(second) {
            *m = keep1 * *m + new1 * g;
            *v = keep2 * *v + new2 * g * g;
            *value -= self.step_size * *m / ((*v * self.second_scale).sqrt() + self.epsilon);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::Gradient;
    use crate::parallel::GRAIN;
    use ndarray::array;

    /// Algorithm 1 worked by hand for α = 0.1, β₁ = 0.9, β₂ = 0.99 and gradients 2, then −1:
    /// m₁ = 0.2, v₁ = 0.04, m̂₁ = 2, v̂₁ = 4, θ₁ = 1 − 0.1·2/2 = 0.9;
    /// m₂ = 0.08, v₂ = 0.0496, m̂₂ = 0.08/0.19, v̂₂ = 0.0496/0.0199,
    /// θ₂ = 0.9 − 0.1·0.42105263/1.57874… = 0.87333…
    #[test]
    fn two_steps_agree_with_the_paper_by_hand() {
        let mut parameters = [Parameter::new("x", array![1.0f64].into_dyn())];
        let mut adam = Adam::new(&parameters, 0.1, 0.9, 0.99);
        let gradient = |g: f64| [Gradient::from(array![g].into_dyn())];
        adam.step(&mut parameters, &gradient(2.0));
        assert!((parameters[0].value[[0]] - 0.9).abs() < 1e-9);
        adam.step(&mut parameters, &gradient(-1.0));
        let by_hand = 0.9 - 0.1 * (0.08 / 0.19) / (0.0496f64 / 0.0199).sqrt();
        assert!((by_hand - 0.873_330).abs() < 1e-6, "the arithmetic above: {by_hand}");
        assert!((parameters[0].value[[0]] - by_hand).abs() < 1e-9);
    }

    #[test]
    fn a_large_parameter_is_updated_like_a_small_one() {
        let count = 3 * GRAIN + 5;
        let values: Vec<f32> = (0..count).map(|i| (i as f32).sin()).collect();
        let run = |piece: &[f32]| {
            let array = ndarray::Array1::from(piece.to_vec()).into_dyn();
            let mut parameters = [Parameter::new("x", array.clone())];
            let mut adam = Adam::new(&parameters, 1e-3, 0.5, 0.999);
            adam.step(&mut parameters, &[Gradient::from(array)]);
            parameters[0].value.iter().copied().collect::<Vec<_>>()
        };
        assert_eq!(run(&values), values.chunks(100).flat_map(run).collect::<Vec<_>>());
    }
}
