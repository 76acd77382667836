//! Configurations: whatever the text, players or an error; and what is valid reads back as it was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use twoplayer::gan::{Config, blank_discriminator, blank_generator};

fuzz_target!(|text: &str| {
    let Ok(config) = Config::from_toml(text, Config::DEFAULT_PRESET) else { return };
    if config.validate().is_ok() {
        assert_eq!(Config::from_toml(&config.to_toml(), Config::DEFAULT_PRESET).as_ref(), Ok(&config));
        let _ = blank_generator::<f32>(&config);
        let _ = blank_discriminator::<f32>(&config);
    }
});
