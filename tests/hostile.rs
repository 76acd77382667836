//! Whatever comes in, an answer comes out: no panic, no running out of memory. The targets in fuzz/ search further.

mod common;

use common::{refuses, text};
use proptest::prelude::*;
use std::fs;
use std::io::Cursor;
use std::path::Path;
use tempfile::TempDir;
use twoplayer::data::{Grey, Idx};
use twoplayer::gan::{Config, blank_discriminator, blank_generator};
use twoplayer::nn::{LayerSpec, Network, UnitActivation};
use twoplayer::recognizer::mnist_form;
use twoplayer::run::{parse_weights, save_weights};

/// What each way in makes of some bytes.
fn take(bytes: &[u8]) {
    let path = Path::new("hostile");
    let _ = Idx::parse(bytes, path);
    if let Ok(picture) = Grey::parse_png(Cursor::new(bytes), path) {
        let _ = mnist_form(&picture);
    }
    let _ = parse_weights(&mut [&mut network()], bytes, path);
    if let Ok(config) = Config::from_toml(&String::from_utf8_lossy(bytes), Config::DEFAULT_PRESET)
        && config.validate().is_ok()
    {
        let _ = blank_generator::<f32>(&config);
        let _ = blank_discriminator::<f32>(&config);
    }
}

fn network() -> Network {
    Network::blank("n", 2, &[LayerSpec::dense(3, UnitActivation::Relu)]).unwrap()
}

/// Good files of every kind.
fn seeds() -> Vec<Vec<u8>> {
    let directory = TempDir::new().unwrap();
    let weights = directory.path().join("weights");
    save_weights(&[&network()], &weights).unwrap();
    let mut all = vec![fs::read(weights).unwrap()];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for seeds in ["fuzz/seeds/idx", "fuzz/seeds/weights", "fuzz/seeds/picture", "src/gan/presets"] {
        all.extend(fs::read_dir(root.join(seeds)).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        take(&bytes);
    }

    #[test]
    fn good_files_with_something_changed(
        which in any::<prop::sample::Index>(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let seeds = seeds();
        let mut bytes = which.get(&seeds).clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        take(&bytes);
    }

    #[test]
    fn any_numbers_in_a_configuration(
        units in any::<u32>(), kernel in any::<usize>(), stride in any::<usize>(), padding in any::<usize>(),
        batch in any::<usize>(), latent in any::<usize>(), side in any::<[usize; 2]>(),
    ) {
        let text = format!(
            "[training]\nbatch_size = {}\n[generator]\nlatent_dim = {}\nimage_shape = [{}, {}]\nlayers = [\n\
             {{ kind = \"dense\", units = {units} }}, {{ kind = \"reshape\", shape = [{}, 7, 3] }},\n\
             {{ kind = \"upsample\", factor = {} }},\n\
             {{ kind = \"conv\", channels = {units}, kernel = {}, stride = {}, padding = {} }}]",
            batch >> 1, latent >> 1, side[0] >> 1, side[1] >> 1, units / 21, kernel >> 1, kernel >> 1, stride >> 1, padding >> 1,
        );
        take(text.as_bytes());
    }
}

#[test]
fn networks_that_no_machine_holds_are_refused_by_name() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("huge.toml");
    let out = directory.path().join("run");
    for (layers, part) in [
        (
            "{ kind = \"dense\", units = 1000000000000 }, { kind = \"dense\", units = 784, activation = \"tanh\" }",
            "more than",
        ),
        (
            "{ kind = \"dense\", units = 4000000 }, { kind = \"dense\", units = 784, activation = \"tanh\" }",
            "more than",
        ),
        (
            "{ kind = \"dense\", units = 49 }, { kind = \"reshape\", shape = [7, 7, 1] }, { kind = \"upsample\", factor = 60000 }",
            "for one sample",
        ),
        (
            "{ kind = \"dense\", units = 49 }, { kind = \"reshape\", shape = [7, 7, 1] }, { kind = \"conv\", channels = 1, kernel = 9000000000 }",
            "at most 65536",
        ),
    ] {
        fs::write(&file, format!("[generator]\nlayers = [{layers}]")).unwrap();
        refuses(&["train", "--config", text(&file), "--out", text(&out)], 2, &["of generator", part]);
    }
    assert!(!out.exists());
}
