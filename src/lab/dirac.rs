//! The Dirac-GAN (Mescheder et al. 2018, *Which Training Methods for GANs do actually Converge?*, section 2): the
//! smallest game there is, two weights, played on the tape with the losses and the penalty of all others.
//!
//! All real data is 0, all that the generator draws is `θ`, and the discriminator's logit is `ψ·x`. At `θ = ψ = 0` neither
//! has anything to win; the question is whether they come to rest there.

use super::look::json;
use super::plane::Settings;
use super::refusal::Answer;
use crate::autodiff::{Tape, Var};
use crate::gan::{Rules, UpdateRule, r1};
use crate::nn::Input;
use ndarray::{ArrayD, IxDyn};
use serde::Serialize;

/// Where the weights begin, how far they step, and how often.
const BEGIN: [f64; 2] = [1.0, 1.0];
const RATE: f64 = 0.1;
const STEPS: usize = 400;
/// The penalty's weight.
const GAMMA: f64 = 1.0;
/// Arrows along a side, and how far they reach.
const SIDE: usize = 11;
const REACH: f64 = 2.0;

#[derive(Serialize)]
struct Played {
    points: Vec<[f64; 2]>,
    field: Vec<[f64; 4]>,
    rate: f64,
    steps: usize,
    distance: f64,
}

/// The way of both weights, and which way they are pulled all around.
pub fn played(settings: &Settings) -> Answer {
    let mut at = BEGIN;
    let mut points = vec![at];
    for _ in 0..STEPS {
        let [by_theta, by_psi] = slopes(settings, at);
        let psi = at[1] - RATE * by_psi;
        // In turn, the generator answers the discriminator as it has become.
        let by_theta =
            if settings.update.0 == UpdateRule::Alternating { slopes(settings, [at[0], psi])[0] } else { by_theta };
        at = [at[0] - RATE * by_theta, psi];
        points.push(at);
    }
    let place = |i: usize| REACH * (2.0 * i as f64 / (SIDE - 1) as f64 - 1.0);
    let arrow = |i: usize| {
        let [theta, psi] = [place(i % SIDE), place(i / SIDE)];
        let [by_theta, by_psi] = slopes(settings, [theta, psi]);
        [theta, psi, -by_theta, -by_psi]
    };
    let field = (0..SIDE * SIDE).map(arrow).collect();
    json(&Played { points, field, rate: RATE, steps: STEPS, distance: at[0].hypot(at[1]) })
}

/// `∂L_G/∂θ` and `∂L_D/∂ψ`.
fn slopes(settings: &Settings, [theta, psi]: [f64; 2]) -> [f64; 2] {
    let tape = Tape::<f64>::new();
    let number = |x: f64| tape.leaf(ArrayD::from_elem(IxDyn(&[1, 1]), x));
    let (theta, psi, zero) = (number(theta), number(psi), number(0.0));
    let rules = Rules::from(settings.objective);
    let loss = rules.discriminator_loss(psi * zero, psi * theta);
    let penalised = match settings.penalty.0 {
        true => loss + r1(&mut |x: Input<'_, f64>| x.x * psi, Input::from(zero), GAMMA),
        false => loss,
    };
    let slope = |of: Var<'_, f64>, by: Var<'_, f64>| {
        let gradient = tape.gradients(of, &[by])[0].value();
        gradient.iter().sum::<f64>()
    };
    [slope(rules.generator_loss(psi * theta, || psi * zero), theta), slope(penalised, psi)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn distance(objective: &str, update: &str, penalty: &str) -> f64 {
        let settings = Settings::of_words([Some(objective), Some(update), Some(penalty)]).unwrap();
        let answer: Value = serde_json::from_slice(&played(&settings).unwrap()).unwrap();
        assert_eq!(answer["points"].as_array().unwrap().len(), STEPS + 1);
        answer["distance"].as_f64().unwrap()
    }

    /// What the paper finds in section 3: with the zero-sum losses the players circle, outward if they move at once; the
    /// non-saturating loss creeps inward; with the penalty all come to rest.
    #[test]
    fn without_a_penalty_the_players_circle_and_with_one_they_come_to_rest() {
        let begin = BEGIN[0].hypot(BEGIN[1]);
        for objective in ["minimax", "wasserstein"] {
            assert!(distance(objective, "simultaneous", "false") > 1.2 * begin, "{objective}: outward");
            let around = distance(objective, "alternating", "false");
            assert!(around > 0.8 * begin && around < 1.2 * begin, "{objective}: around, {around}");
        }
        let creeps = distance("non-saturating", "simultaneous", "false");
        assert!(creeps > 0.2 * begin && creeps < 0.8 * begin, "{creeps}");
        for objective in ["non-saturating", "minimax", "wasserstein"] {
            for update in ["simultaneous", "alternating"] {
                assert!(distance(objective, update, "true") < 0.01 * begin, "{objective}, {update}: inward");
            }
        }
    }

    #[test]
    fn slopes_are_those_of_the_paper() {
        // L_D = f(ψθ) + f(0) with f(t) = softplus(t) up to the constant; ∂/∂ψ = σ(ψθ)·θ. Minimax: ∂L_G/∂θ = −σ(ψθ)·ψ.
        let settings = Settings::of_words([Some("minimax"), None, Some("false")]).unwrap();
        let [by_theta, by_psi] = slopes(&settings, [0.5, 2.0]);
        let sigma = 1.0 / (1.0 + (-1.0f64).exp());
        assert!((by_theta + 2.0 * sigma).abs() < 1e-12 && (by_psi - 0.5 * sigma).abs() < 1e-12);
    }
}
