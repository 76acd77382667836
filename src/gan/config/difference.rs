//! Where two configurations differ.

use crate::gan::Config;
use std::collections::BTreeMap;

/// A key that has another value in one configuration than in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key, such as `generator.adam.learning_rate`.
    pub key: String,
    /// Its value in either, as TOML; none where it is left out. A list of numbers is one value; a layer is a table, and its
    /// place in its list stands in the key, as in `generator.layers.2.units`.
    pub values: [Option<String>; 2],
}

impl Config {
    /// The keys in which this configuration and another differ, in alphabetical order.
    ///
    /// # Panics
    /// When one of them cannot be written as TOML, which [`validate`](Config::validate) would refuse.
    pub fn differences(&self, other: &Config) -> Vec<Difference> {
        let [ours, theirs] = [self, other].map(values);
        let keys = ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key)));
        let mut differences: Vec<Difference> = keys
            .map(|key| Difference { key: key.clone(), values: [ours.get(key).cloned(), theirs.get(key).cloned()] })
            .filter(|Difference { values: [ours, theirs], .. }| ours != theirs)
            .collect();
        differences.sort_by(|a, b| a.key.cmp(&b.key));
        differences
    }
}

/// The values by their keys, those of tables within tables joined by dots.
fn values(config: &Config) -> BTreeMap<String, String> {
    let table = config.table().expect("a configuration is a table of plain values");
    let mut values = BTreeMap::new();
    collect("", table, &mut values);
    values
}

fn collect(prefix: &str, table: toml::Table, values: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            toml::Value::Table(inner) => collect(&format!("{key}."), inner, values),
            toml::Value::Array(list) if list.iter().any(toml::Value::is_table) => {
                let places = list.into_iter().enumerate().map(|(place, value)| (place.to_string(), value));
                collect(&format!("{key}."), places.collect(), values);
            }
            value => _ = values.insert(key, value.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{LayerSpec, UnitActivation};

    #[test]
    fn differences_are_named_with_both_values() {
        let config = Config::preset("mlp").unwrap();
        assert_eq!(config.differences(&config), []);
        let mut other = config.clone();
        other.seed = 3;
        other.training.examples = Some(7);
        let named = |key: &str, ours: Option<&str>, theirs: Option<&str>| Difference {
            key: key.into(),
            values: [ours.map(str::to_owned), theirs.map(str::to_owned)],
        };
        other.generator.layers[1] = LayerSpec::dense(256, UnitActivation::Relu);
        let expected = [
            named("generator.layers.1.activation", Some("\"leaky-relu\""), Some("\"relu\"")),
            named("seed", Some("0"), Some("3")),
            named("training.examples", None, Some("7")),
        ];
        assert_eq!(config.differences(&other), expected);
    }
}
