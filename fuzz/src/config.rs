//! Configurations: whatever the text, players or an error; what is valid reads back as it was written; and networks
//! that can be built are as large as was estimated before.

use twoplayer::gan::{Config, MemoryEstimate, blank_discriminator, blank_generator};

/// Numbers of which players are built; more take their time and show nothing new.
const NUMBERS: usize = 1 << 22;

pub fn take(bytes: &[u8]) {
    let Ok(config) = Config::from_toml(&String::from_utf8_lossy(bytes), Some("mlp")) else { return };
    if config.validate().is_err() {
        return;
    }
    let text = config.to_toml();
    assert_eq!(Config::from_toml(&text, None).map(|again| again.to_toml()), Ok(text));
    let estimate = MemoryEstimate::of_training(&config, 1);
    if estimate.as_ref().is_ok_and(|estimate| estimate.kept > NUMBERS) {
        return;
    }
    let players = (blank_generator::<f32>(&config), blank_discriminator::<f32>(&config));
    if let (Ok(generator), Ok(discriminator)) = players {
        let parameters = generator.parameter_count() + discriminator.parameter_count();
        assert!(estimate.is_ok_and(|estimate| parameters <= estimate.kept), "{parameters} parameters");
    }
}
