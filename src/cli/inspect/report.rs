//! What was found, as tables.

use super::{BINS, Inside, Scores};
use crate::cli::columns::{Columns, WIDTH, sentences, three_figures};
use crate::gan::LayerView;
use std::fmt::{Display, Formatter, Result};

/// What the columns mean, and what is good.
const MEANING: [&str; 3] = [
    "rms, largest: the root mean square of the layer's weights, and the largest of them. Steady is good; beyond all \
     bounds is not.",
    "gradient: the norm of its weights' last gradient in norms.csv. Near 0 it learns nothing; growing without end, it \
     diverges.",
    "silent: units at or below 0 whatever comes in. Fewer is better: behind a relu they are lost.",
];

impl Display for Inside {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (name, layers) in [("generator", &self.generator), ("discriminator", &self.discriminator)] {
            let parameters: usize = layers.iter().map(|layer| layer.parameters).sum();
            writeln!(f, "{name}: {parameters} parameters\n{}", self.table(name, layers))?;
        }
        for line in MEANING {
            sentences(f, line)?;
        }
        writeln!(f)?;
        self.scores.fmt(f)
    }
}

impl Inside {
    /// A row a layer.
    fn table(&self, name: &str, layers: &[LayerView]) -> Columns {
        let mut table = Columns::new(["   layer", "output", "params", "rms", "largest", "gradient", "silent"]);
        for layer in layers {
            let weight = format!("{name}.{}.weight", layer.place);
            let gradient = self.gradients.iter().find(|(parameter, _)| *parameter == weight).map(|(_, norm)| *norm);
            let number = |value: Option<f64>| value.map_or(String::new(), three_figures);
            let output: Vec<String> = layer.output.iter().map(usize::to_string).collect();
            table.row(vec![
                format!("{:>2} {}", layer.place, layer.kind),
                output.join(" × "),
                layer.parameters.to_string(),
                number(layer.weight_rms),
                number(layer.weight_max),
                number(gradient),
                layer.silent.map_or(String::new(), |[silent, units]| format!("{silent} of {units}")),
            ]);
        }
        table
    }
}

/// The longest bar.
const BAR: usize = 28;

impl Display for Scores {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let [real, generated] = [&self.real, &self.generated].map(|counts| counts.iter().sum::<usize>());
        writeln!(f, "the discriminator's logits of {real} real test digits and {generated} generated ones")?;
        let bins = self.bins();
        let width = bins.iter().map(|bin| bin.chars().count()).max().unwrap_or(0);
        let longest = BAR.min((WIDTH - width.min(WIDTH) - 6) / 2).max(1);
        let most = self.real.iter().chain(&self.generated).copied().max().unwrap_or(1).max(1);
        let bar = |count: usize| "▆".repeat((longest * count).div_ceil(most));
        writeln!(f, "  {:width$}  {:longest$}  generated", "", "real")?;
        for ((bin, &real), &generated) in bins.iter().zip(&self.real).zip(&self.generated) {
            let line = format!("  {bin:>width$}  {:longest$}  {}", bar(real), bar(generated));
            writeln!(f, "{}", line.trim_end())?;
        }
        sentences(
            f,
            "Above 0 it takes a digit for real (a Wasserstein critic's 0 means nothing; higher is more real).",
        )?;
        sentences(f, "Good for the generator: both heaps in the same place. Far apart: it is found out every time.")
    }
}

impl Scores {
    /// From where to where each bin goes, with as many decimals as tell its ends apart.
    fn bins(&self) -> Vec<String> {
        let width = f64::from(self.borders[1] - self.borders[0]);
        let largest = self.borders.iter().fold(0.0, |most: f32, border| most.max(border.abs()));
        let decimals = (1.0 - width.log10().floor()).clamp(0.0, 6.0) as usize;
        let end = |i: usize| match self.borders[i] {
            border if largest < 1e6 => format!("{border:.decimals$}"),
            border => format!("{border:.4e}"),
        };
        (0..BINS).map(|i| format!("{} to {}", end(i), end(i + 1))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gan::{Config, build_discriminator, build_generator, layer_views};

    fn narrow(text: &str) {
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{} characters: {line}", line.chars().count());
        }
    }

    /// The insides of a preset's players before they have learned, with gradients that are long to write.
    fn inside(preset: &str) -> Inside {
        let config = Config::preset(preset).unwrap();
        let labels: &[u8] = if config.training.classes > 0 { &[3] } else { &[] };
        let latent = vec![0.5; config.generator.latent_dim];
        let image = vec![0.5; config.pixels()];
        let (generator, discriminator) = (build_generator(&config).unwrap(), build_discriminator(&config).unwrap());
        let weights = |name: &str, layers: usize| {
            (0..layers).map(|i| (format!("{name}.{i}.weight"), -1.234_567e-123)).collect::<Vec<_>>()
        };
        let of = |player: &str| weights(player, config.generator.layers.len().max(config.discriminator.layers.len()));
        Inside {
            generator: layer_views(&generator, &config.generator.layers, &latent, labels),
            discriminator: layer_views(&discriminator, &config.discriminator.layers, &image, labels),
            gradients: [of("generator"), of("discriminator")].concat(),
            scores: Scores::of(&[-1.0, 2.0], &[0.5]),
        }
    }

    #[test]
    fn every_presets_insides_fit_a_terminal() {
        for preset in Config::presets() {
            let inside = inside(preset);
            let text = inside.to_string();
            narrow(&text);
            for layer in inside.generator.iter().chain(&inside.discriminator) {
                assert!(text.contains(&format!("{:>2} {}", layer.place, layer.kind)), "{preset}: {text}");
                assert!(text.contains(&format!(" {}", layer.parameters)), "{preset}: {text}");
            }
        }
    }

    #[test]
    fn large_networks_are_folded_between_columns() {
        let mut inside = inside("mlp");
        for layer in &mut inside.discriminator {
            layer.output = vec![1024, 1024, 4096];
            layer.parameters = 4_294_967_296;
            layer.silent = Some([1000, 4096]);
        }
        let text = inside.to_string();
        narrow(&text);
        for whole in ["1024 × 1024 × 4096", "4294967296", "1000 of 4096", "-1.23e-123"] {
            assert!(text.contains(whole), "{whole}: {text}");
        }
    }

    #[test]
    fn scores_of_any_size_fit_and_their_bins_differ() {
        for [low, high] in [[-1.3, 4.3], [-1e-4, 1e-4], [-98_765.4, 123_456.7], [-1e30, 1e30], [5.0, 5.0]] {
            let scores = Scores::of(&[low, high], &[low]);
            narrow(&scores.to_string());
            let bins = scores.bins();
            assert!(low == high || bins.windows(2).all(|pair| pair[0] != pair[1]), "{bins:?}");
        }
    }
}
