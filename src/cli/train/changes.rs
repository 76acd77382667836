//! What is not as the preset has it.

use crate::gan::{Config, ConfigError, Difference};

/// Keys of which a run says so by itself, or that change nothing of the game.
const SAID: [&str; 4] = ["name", "seed", "data", "record."];
/// Lines; who changes more knows the file.
const LINES: usize = 12;

/// A line for each value that the configuration has and the preset has not.
///
/// # Errors
/// When there is no such preset.
pub(super) fn of(config: &Config, preset: &str) -> Result<Vec<String>, ConfigError> {
    let theirs = Config::preset(preset)?;
    let counts = [
        ("generator.layers", [&config.generator.layers, &theirs.generator.layers].map(Vec::len)),
        ("discriminator.layers", [&config.discriminator.layers, &theirs.discriminator.layers].map(Vec::len)),
    ];
    // Other layers altogether are other lists, and not so many other layers.
    let others = counts.into_iter().filter(|(_, [ours, theirs])| ours != theirs);
    let mut lines: Vec<String> =
        others.clone().map(|(key, [ours, theirs])| format!("{key} = {ours} layers ({preset}: {theirs})")).collect();
    let said: Vec<&str> = SAID.into_iter().chain(others.map(|(key, _)| key)).collect();
    let is_said = |key: &str| said.iter().any(|said| key.starts_with(said));
    let differences = config.differences(&theirs);
    let told = differences.iter().filter(|Difference { key, .. }| !is_said(key));
    let line = |Difference { key, values }: &Difference| {
        let [ours, theirs] = values.each_ref().map(|value| value.as_deref().unwrap_or("left out"));
        format!("{key} = {ours} ({preset}: {theirs})")
    };
    lines.extend(told.map(line));
    if lines.len() > LINES {
        let more = lines.split_off(LINES - 1).len();
        lines.push(format!("and {more} values more; the run's config.toml has them all"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_differ_are_said_and_very_many_are_counted() {
        let config = "preset = \"mlp\"\nseed = 3\n[generator]\naverage_decay = \"off\"\n[generator.adam]\nbeta1 = 0.9";
        let lines = of(&Config::from_toml(config, None).unwrap(), "mlp").unwrap();
        let expected = ["generator.adam.beta1 = 0.9 (mlp: 0.5)", "generator.average_decay = left out (mlp: 0.9995)"];
        assert_eq!(lines, expected);
        let lines = of(&Config::preset("best").unwrap(), "mlp").unwrap();
        assert_eq!(lines[..2], ["generator.layers = 11 layers (mlp: 5)", "discriminator.layers = 9 layers (mlp: 5)"]);
        assert!(!lines[2..].iter().any(|line| line.contains(".layers.")), "{lines:?}");
        let lines = of(&Config::preset("dcgan").unwrap(), "cdcgan").unwrap();
        assert!(lines.len() <= LINES, "{lines:?}");
    }
}
