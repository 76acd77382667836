//! Writes the reference of a configuration's keys from the types that read them: their documentation is its text. Tests
//! alone do so, and compare: to read the schema of all types takes long to compile, and the page is the same every time.

use crate::cli::columns::hung;
use crate::gan::Config;
use schemars::schema_for;
use serde_json::Value;

const HEAD: &str = "\
# The keys of a configuration

Made from the code by `twoplayer presets --keys`. A file for
`twoplayer train --config` is TOML with these tables and keys. A key that is
neither required nor there has the default that is named here, or else does
nothing. A file that names a preset, as in `preset = \"mlp\"`, takes from it all
that it leaves out; there, `\"off\"` as a value takes away what the preset has.
`twoplayer presets NAME` prints a preset to begin with.
";

/// The tables of a file, in the order in which presets have them: their name in the file, the key's path in the schema,
/// the part of the reference that is about them.
const TABLES: [(&str, &str); 10] = [
    ("At the head of the file", ""),
    ("[training]", "training"),
    ("[training.auxiliary_classifier]", "training.auxiliary_classifier"),
    ("[training.semi_supervised]", "training.semi_supervised"),
    ("[generator]", "generator"),
    ("[generator.adam] and [discriminator.adam]", "generator.adam"),
    ("[discriminator]", "discriminator"),
    ("[[discriminator.regularisers]]", "discriminator.regularisers"),
    ("layers of [generator] and [discriminator], both required", "generator.layers"),
    ("[record]", "record"),
];

/// All keys and kinds of layers, as Markdown of 80 columns.
fn reference() -> String {
    let schema = schema_for!(Config).to_value();
    let page = Page { definitions: &schema["$defs"] };
    let tables = TABLES.iter().map(|&(title, path)| {
        let table = path.split('.').filter(|key| !key.is_empty()).fold(&schema, |table, key| page.property(table, key));
        format!("\n## {title}\n\n{}", page.table(table))
    });
    format!("{HEAD}{}", tables.collect::<String>())
}

/// Writes parts of the reference.
struct Page<'s> {
    /// The types that are referred to by name.
    definitions: &'s Value,
}

impl<'s> Page<'s> {
    /// What a schema stands for: the type it refers to, an array's elements, what may be left out.
    fn meant(&self, schema: &'s Value) -> &'s Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return self.meant(&self.definitions[name]);
        }
        match (&schema["items"], &schema["anyOf"][1]["type"]) {
            (items @ Value::Object(_), _) => self.meant(items),
            (_, Value::String(null)) if null == "null" => self.meant(&schema["anyOf"][0]),
            _ => schema,
        }
    }

    fn property(&self, table: &'s Value, key: &str) -> &'s Value {
        self.meant(&table["properties"][key])
    }

    /// A table's keys, or its kinds with theirs.
    fn table(&self, table: &'s Value) -> String {
        let what = paragraphs(&table["description"]);
        match table["oneOf"].as_array() {
            Some(kinds) => kinds.iter().fold(what, |text, kind| format!("{text}\n{}", self.kind(kind))),
            None => format!("{what}{}", self.keys(table)),
        }
    }

    /// One kind of layer or regulariser.
    fn kind(&self, kind: &'s Value) -> String {
        let name = kind["properties"]["kind"]["const"].as_str().unwrap_or_default();
        let example = kind["example"].as_str().map_or(String::new(), |example| format!("\n```toml\n{example}\n```\n"));
        format!("### {name}\n\n{}{}{example}", paragraphs(&kind["description"]), self.keys(kind))
    }

    /// A line or more for each key of a table.
    fn keys(&self, table: &'s Value) -> String {
        let keys = table["properties"].as_object().into_iter().flatten();
        let own = keys.filter(|(key, schema)| *key != "kind" && self.is_value(schema));
        let lines: String = own.map(|(key, schema)| self.key(key, schema, is_required(table, key))).collect();
        if lines.is_empty() { lines } else { format!("\n{lines}") }
    }

    /// Whether it is no table, which has a part of its own.
    fn is_value(&self, schema: &'s Value) -> bool {
        let meant = self.meant(schema);
        let is_kinds = meant["oneOf"][0]["properties"].is_object();
        !is_kinds && !meant["properties"].is_object()
    }

    fn key(&self, key: &str, schema: &'s Value, required: bool) -> String {
        let default = match &schema["default"] {
            Value::Null if required => ", required".into(),
            Value::Null => String::new(),
            default => format!(", default {default}"),
        };
        let text = plain(schema["description"].as_str().unwrap_or_default());
        let line = hung("- ", &format!("{key} ({}{default}): {text}", self.type_of(schema)));
        let values = self.meant(schema)["oneOf"].as_array().into_iter().flatten();
        values.fold(line, |text, value| text + &choice(value))
    }

    /// What a value is, in a word or two.
    fn type_of(&self, schema: &'s Value) -> String {
        let element = self.meant(&schema["items"]);
        let meant = self.meant(schema);
        let name = |schema: &Value| match schema["type"].as_str().or(schema["type"][0].as_str()) {
            Some("integer") => "whole number",
            Some("number") => "number",
            Some("boolean") => "true or false",
            Some("string") => "text",
            _ if schema["oneOf"].is_array() => "one of",
            _ => "number or { from, to, schedule }",
        };
        match schema["type"].as_str() {
            Some("array") => {
                let count = schema["minItems"].as_u64().map_or(String::new(), |count| format!("{count} × "));
                format!("list of {count}{}", name(element))
            }
            _ => name(meant).into(),
        }
    }
}

/// One of the values that a key may have.
fn choice(value: &Value) -> String {
    let (name, text) = (&value["const"], plain(value["description"].as_str().unwrap_or_default()));
    hung("  - ", &format!("{name}: {text}"))
}

fn is_required(table: &Value, key: &str) -> bool {
    table["required"].as_array().is_some_and(|keys| keys.iter().any(|required| required == key))
}

/// A documentation's paragraphs without code blocks.
fn paragraphs(text: &Value) -> String {
    let text = text.as_str().unwrap_or_default();
    let prose = text.split("```").step_by(2).flat_map(|part| part.split("\n\n"));
    let prose = prose.map(plain).filter(|paragraph| !paragraph.is_empty());
    prose.map(|paragraph| hung("", &paragraph)).collect::<Vec<_>>().join("\n")
}

/// A documentation's text in one line, links as their text.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, link)) = rest.split_once("[`") {
        let (name, after) = link.split_once("`]").unwrap_or((link, ""));
        plain += &format!("{before}`{name}`");
        let target = after.strip_prefix('(').and_then(|target| target.split_once(')'));
        rest = target.map_or(after, |(_, after)| after);
    }
    (plain + rest).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::super::KEYS;
    use super::*;
    use crate::cli::columns::WIDTH;
    use crate::nn::LayerSpec;
    use std::path::Path;
    use std::{env, fs};

    #[test]
    fn docs_have_what_the_code_says() {
        if env::var_os("TWOPLAYER_RENEW").is_some() {
            fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md"), reference()).unwrap();
        } else {
            assert!(KEYS == reference(), "anew: TWOPLAYER_RENEW=1 cargo test keys");
        }
    }

    #[test]
    fn every_kind_of_layer_has_an_example_that_is_one() {
        let schema = schema_for!(LayerSpec).to_value();
        for kind in schema["oneOf"].as_array().unwrap() {
            let (name, example) = (&kind["properties"]["kind"]["const"], kind["example"].as_str());
            let example = example.unwrap_or_else(|| panic!("{name} has no example"));
            let table: toml::Table = format!("layer = {example}").parse().unwrap();
            assert_eq!(table["layer"]["kind"].as_str(), name.as_str(), "{example}");
            table["layer"].clone().try_into::<LayerSpec>().unwrap_or_else(|error| panic!("{example}: {error}"));
        }
    }

    #[test]
    fn every_key_is_named_and_no_line_too_wide() {
        let reference = reference();
        let keys =
            ["seed", "epochs", "auxiliary_classifier", "latent_dim", "beta1", "gamma", "output_padding", "log_every"];
        for key in keys {
            assert!(
                reference.contains(&format!("{key} (")) || reference.contains(&format!("[training.{key}]")),
                "{key}"
            );
        }
        let too_wide = reference.lines().find(|line| line.chars().count() > WIDTH);
        assert_eq!(too_wide, None);
    }

    #[test]
    fn links_become_their_text() {
        let text = "of [`Adam`](crate::nn::Adam), or [`r1`]:\nsee `x`";
        assert_eq!(plain(text), "of `Adam`, or `r1`: see `x`");
    }
}
