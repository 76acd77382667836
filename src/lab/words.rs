//! What a frame says in a sentence.

use crate::gan::{Coin, Objective, Scores};

/// What the scores of a step mean now.
pub fn says(objective: Objective, coin: Option<&Coin>, scores: Option<&Scores>) -> String {
    let Some(scores) = scores else {
        return "Nobody has learned anything yet: the generator draws noise, and the discriminator guesses.".into();
    };
    let Some(coin) = coin else {
        return format!(
            "The critic's scores of real and generated images differ by {:.2}: the generator makes that smaller.",
            scores.real - scores.fake
        );
    };
    let [real, fake] = [scores.real, scores.fake];
    let gap = real - fake;
    let probability = matches!(objective, Objective::NonSaturating | Objective::Minimax);
    let values = match probability {
        true => format!("It gives real digits {real:.2} and generated ones {fake:.2}"),
        false => format!("Its logits are {real:.2} for real digits and {fake:.2} for generated ones"),
    };
    let leans = (real + fake) / 2.0 - coin.score;
    match probability.then_some(gap) {
        Some(gap) if gap < -0.1 => format!("The discriminator has it the wrong way round. {values}."),
        Some(gap) if gap <= 0.1 && leans.abs() > 0.3 => {
            let what = if leans > 0.0 { "real" } else { "generated" };
            format!("The discriminator takes everything for {what}. {values}; a coin would give {:.2}.", coin.score)
        }
        Some(gap) if gap > 0.9 => {
            format!("The discriminator is hardly ever wrong. {values}: the generator is far behind.")
        }
        Some(gap) if gap > 0.4 => format!("The discriminator tells most digits apart. {values}."),
        Some(gap) if gap > 0.1 => format!("The players are close. {values}; a coin would give {:.2}.", coin.score),
        Some(_) => format!("The discriminator might as well toss a coin. {values}."),
        None => format!("{values}; a coin would give {:.2}.", coin.score),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::Rules;

    #[test]
    fn a_sentence_fits_the_scores() {
        let coin = Rules::from(Objective::NonSaturating).of_a_coin();
        let scores = |real, fake| Scores { discriminator_loss: 1.0, generator_loss: 1.0, real, fake, reading: None };
        let said = |real, fake| says(Objective::NonSaturating, coin.as_ref(), Some(&scores(real, fake)));
        assert!(said(0.99, 0.01).contains("hardly ever wrong"));
        assert!(said(0.6, 0.4).contains("close"));
        assert!(said(0.5, 0.5).contains("toss a coin"));
        assert!(
            said(0.02, 0.01).contains("everything for generated") && said(0.99, 0.97).contains("everything for real")
        );
        assert!(said(0.3, 0.6).contains("wrong way round"));
        assert!(says(Objective::Wasserstein, None, Some(&scores(3.0, 1.0))).contains("2.00"));
        assert!(says(Objective::Hinge, coin.as_ref(), None).contains("noise"));
    }
}
