//! Configurations: whatever the text, players or an error; and what is valid reads back as it was written.

use twoplayer::gan::{Config, blank_discriminator, blank_generator};

pub fn take(bytes: &[u8]) {
    let Ok(config) = Config::from_toml(&String::from_utf8_lossy(bytes), Config::DEFAULT_PRESET) else { return };
    if config.validate().is_ok() {
        let text = config.to_toml(); // and not the configurations: one with a NaN in it is not equal to itself
        assert_eq!(Config::from_toml(&text, Config::DEFAULT_PRESET).map(|again| again.to_toml()), Ok(text));
        let _ = blank_generator::<f32>(&config);
        let _ = blank_discriminator::<f32>(&config);
    }
}
