//! Tables of TOML, one over the other.

/// As a value, takes the key away.
const OFF: &str = "off";

/// Puts the changes over the table, key by key; a list is replaced whole.
pub fn merge(table: &mut toml::Table, changes: toml::Table) {
    for (key, change) in changes {
        match change {
            toml::Value::String(off) if off == OFF => {
                table.remove(&key);
            }
            toml::Value::Table(change) => {
                let inner = table.entry(key).or_insert_with(|| toml::Table::new().into());
                match inner {
                    toml::Value::Table(inner) => merge(inner, change),
                    other => *other = change.into(),
                }
            }
            change => {
                table.insert(key, change);
            }
        }
    }
}

/// A value with its key as a table in tables: `a.b = value`.
pub fn nested(key: &str, value: toml::Value) -> toml::Table {
    let within = |inner: toml::Value, part: &str| toml::Table::from_iter([(part.to_owned(), inner)]).into();
    let (outermost, parts) = key.split_once('.').map_or((key, None), |(outermost, rest)| (outermost, Some(rest)));
    let parts = parts.into_iter().flat_map(|parts| parts.rsplit('.'));
    toml::Table::from_iter([(outermost.to_owned(), parts.fold(value, within))])
}
