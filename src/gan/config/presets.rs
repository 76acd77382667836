//! The configurations that come with the program.

/// The one that is used when none is named.
pub(super) const DEFAULT: &str = "digits";

/// The presets by name: each a complete configuration.
const PRESETS: [(&str, &str); 14] = [
    ("digits", include_str!("presets/digits.toml")),
    ("mlp", include_str!("presets/mlp.toml")),
    ("article", include_str!("presets/article.toml")),
    ("dcgan", include_str!("presets/dcgan.toml")),
    ("cdcgan", include_str!("presets/cdcgan.toml")),
    ("wgan-gp", include_str!("presets/wgan-gp.toml")),
    ("lsgan", include_str!("presets/lsgan.toml")),
    ("hinge-sn", include_str!("presets/hinge-sn.toml")),
    ("r3", include_str!("presets/r3.toml")),
    ("best", include_str!("presets/best.toml")),
    ("best-hour", include_str!("presets/best-hour.toml")),
    ("few", include_str!("presets/few.toml")),
    ("reader", include_str!("presets/reader.toml")),
    ("lab", include_str!("presets/lab.toml")),
];

/// The names of all.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}

/// The TOML of one.
pub(super) fn text(name: &str) -> Option<&'static str> {
    PRESETS.into_iter().find(|(preset, _)| *preset == name).map(|(_, text)| text)
}
