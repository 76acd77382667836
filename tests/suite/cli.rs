//! The program as a person calls it: what it makes, and what it says when something is wrong.

use crate::common::{refuses, small_set, text, twoplayer};
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use twoplayer::data::Idx;
use twoplayer::gan::{Config, Objective};

#[test]
fn a_run_leaves_what_it_promises_and_can_be_sampled_in_every_form() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let run = at("run");
    let answer = twoplayer(
        &[
            &["train", "--preset", "mlp", "--steps", "4", "--log-every", "2", "--batch-size", "16", "--out"][..],
            &[text(&run)],
        ]
        .concat(),
    );
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(answer.stdout.contains("twoplayer sample"), "{}", answer.stdout);
    assert_eq!(answer.stderr.lines().filter(|line| line.starts_with("epoch 1/1")).count(), 1, "{}", answer.stderr);

    let metrics = fs::read_to_string(run.join("metrics.csv")).unwrap();
    let rows: Vec<_> = metrics.lines().collect();
    let columns =
        "step,epoch,discriminator_loss,generator_loss,d_real,d_fake,frechet,precision,recall,agreement,evaluated";
    assert_eq!(rows[0], columns);
    assert!(rows.len() == 3 && rows[1].starts_with("2,1,") && rows[2].starts_with("4,1,"), "{metrics}");
    for name in ["config.toml", "samples/epoch-0000.png", "samples/epoch-0001.png", "discriminator.safetensors"] {
        assert!(run.join(name).is_file(), "{name} is missing");
    }
    let file = fs::read(run.join("generator.safetensors")).unwrap();
    let weights = safetensors::SafeTensors::deserialize(&file).unwrap();
    assert_eq!(weights.tensor("generator.0.weight").unwrap().shape(), [128, 100]);
    assert_eq!(weights.tensor("generator.4.bias").unwrap().shape(), [784]);

    let sample = |arguments: &[&str]| {
        let answer = twoplayer(&[&["sample", text(&run), "--seed", "3"], arguments].concat());
        assert_eq!(answer.code, 0, "{arguments:?}: {}", answer.stderr);
    };
    let outputs = ["a.png", "a.idx", "a.idx.gz", "a.npy", "digits", "latent.npy"].map(at);
    let [png, idx, gz, npy, folder, latent] = outputs.each_ref().map(|path| text(path));
    sample(&["--count", "5", "--columns", "3", "--scale", "1", "-o", png]);
    sample(&["--count", "5", "-o", idx]);
    sample(&["--count", "5", "-o", gz, "--threads", "1"]);
    sample(&["--count", "5", "-o", npy, "--latent", latent]);
    sample(&["--count", "5", "-o", folder]);

    let plain = Idx::read(Path::new(idx)).unwrap();
    assert_eq!(plain.shape, [5, 28, 28]);
    assert_eq!(plain.bytes, Idx::read(Path::new(gz)).unwrap().bytes);
    let picture = |path: &Path| {
        let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(path).unwrap())).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        pixels
    };
    assert_eq!(picture(&Path::new(folder).join("000004.png")), plain.bytes[4 * 784..]);
    assert_eq!(fs::read_dir(folder).unwrap().count(), 5);
    assert_eq!(fs::metadata(npy).unwrap().len(), 128 + 4 * 5 * 784);
    assert_eq!(fs::metadata(latent).unwrap().len(), 128 + 4 * 5 * 100);
    refuses(&["sample", text(&run), "-o", folder], 1, &[folder, "not empty"]);
    refuses(&["sample", text(&run), "-o", "digits.jpeg"], 2, &["digits.jpeg", ".png"]);
    for flag in [["--digit", "7"], ["--labels", "labels.idx"]] {
        refuses(
            &[&["sample", text(&run), "-o", png], &flag[..]].concat(),
            2,
            &[flag[0], "without labels", "train one"],
        );
    }

    // The run's own configuration makes the same run again.
    let again = at("again");
    let config = run.join("config.toml");
    assert_eq!(twoplayer(&["train", "--config", text(&config), "--threads", "1", "--out", text(&again)]).code, 0);
    assert!(fs::read(again.join("generator.safetensors")).unwrap() == file, "the repeated run has other weights");

    fs::write(run.join("generator.safetensors"), &file[..file.len() / 2]).unwrap();
    refuses(&["sample", text(&run), "-o", png], 1, &["generator.safetensors", "damaged"]);
    refuses(&["train", "--steps", "1", "--out", text(&run)], 1, &[text(&run), "not empty", "--out"]);
}

#[test]
fn mistakes_in_the_call_are_named_and_leave_nothing_behind() {
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("run");
    let train = |flags: &[&str], parts: &[&str]| refuses(&[&["train", "--out", text(&out)], flags].concat(), 2, parts);
    train(&["--preset", "artcle"], &["artcle", "did you mean \"article\"?"]);
    train(&["--batch-size", "0"], &["--batch-size", "at least 1"]);
    train(&["--preset", "mlp", "--batch-size", "60001"], &["60001", "60000"]);
    train(&["--learning-rate", "NaN"], &["--learning-rate", "NaN"]);
    train(&["--learning-rate=-1"], &["--learning-rate", "-1"]);
    train(&["--epochs", "0"], &["--epochs"]);
    train(&["--latent-dim", "0"], &["--latent-dim"]);
    train(&["--update", "together"], &["--update", "together"]);
    train(&["--epoch", "3"], &["--epoch"]);
    train(&["--objective", "wgan"], &["--objective", "wgan"]);
    train(&["--critic-steps", "0"], &["--critic-steps", "at least 1"]);
    train(&["--label-smoothing", "0.2"], &["--label-smoothing", "0.2", "above 0.5"]);
    train(&["--objective", "hinge", "--label-smoothing", "0.9"], &["--label-smoothing", "left out", "hinge"]);
    let config = directory.path().join("mine.toml");
    fs::write(&config, "[training]\nbatchsize = 3\n").unwrap();
    train(&["--config", text(&config)], &["mine.toml", "line 2", "batchsize"]);
    fs::write(&config, "[[discriminator.regularisers]]\nkind = \"r3\"\n").unwrap();
    train(&["--config", text(&config)], &["mine.toml", "line 2", "r3", "wgan-gp"]);
    fs::write(
        &config,
        "preset = \"mlp\"\n[generator]\nlayers = [{ kind = \"dense\", units = 7, activation = \"tanh\" }]\n",
    )
    .unwrap();
    train(&["--config", text(&config)], &["7 pixels", "784"]);
    assert!(!out.exists(), "a run that could not begin left a directory");
    refuses(&["train", "--config", "nowhere.toml"], 1, &["nowhere.toml"]);
}

#[test]
fn bad_data_is_named_with_file_and_reason() {
    let directory = TempDir::new().unwrap();
    let (data, out) = (directory.path().join("data"), directory.path().join("run"));
    let train = |parts: &[&str]| {
        refuses(&["train", "--batch-size", "2", "--steps", "1", "--data", text(&data), "--out", text(&out)], 1, parts);
    };
    train(&["data"]);
    fs::create_dir(&data).unwrap();
    train(&["train-images-idx3-ubyte", "scripts/fetch-mnist.sh"]);
    small_set(&data);
    let images = data.join("train-images-idx3-ubyte");
    let whole = fs::read(&images).unwrap();
    let with = |content: &[u8], parts: &[&str]| {
        fs::write(&images, content).unwrap();
        train(&[&["train-images-idx3-ubyte"], parts].concat());
    };
    with(&whole[..5000], &["7840 bytes", "found 4984"]);
    with(&[&whole[..], &[0]].concat(), &["7856"]);
    with(&[&[1, 2, 3, 4], &whole[4..]].concat(), &["expected the bytes 00 00 at offset 0"]);
    with(&[&[0, 0, 0x0d, 3], &whole[4..]].concat(), &["float"]);
    with(&[0, 0, 8, 3, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 28, 0, 0, 0, 28], &["2 GiB"]);
    fs::write(&images, &whole).unwrap();
    let labels = data.join("train-labels-idx1-ubyte.gz");
    let mut damaged = fs::read(&labels).unwrap();
    let crc = damaged.len() - 8;
    damaged[crc] ^= 1;
    fs::write(&labels, damaged).unwrap();
    train(&["train-labels-idx1-ubyte.gz", "gzip"]);
    Idx { shape: vec![9], bytes: vec![0; 9] }.write(&labels).unwrap();
    train(&["10 images", "9 labels"]);
    assert!(!out.exists());
}

#[test]
fn a_set_of_mnists_form_is_shown_and_trained_on() {
    let directory = TempDir::new().unwrap();
    small_set(directory.path());
    let sheet = directory.path().join("sheet.png");
    let answer = twoplayer(&["data", "--data", text(directory.path()), "--show", text(&sheet)]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert!(
        answer.stdout.contains("not MNIST's checksum") && answer.stdout.contains("10 × 28 × 28"),
        "{}",
        answer.stdout
    );
    assert!(sheet.is_file());
    let out = directory.path().join("run");
    let flags = ["train", "--data", text(directory.path()), "--batch-size", "5", "--epochs", "2", "--out", text(&out)];
    assert_eq!(twoplayer(&flags).code, 0);
    assert!(out.join("samples/epoch-0002.png").is_file());
}

#[test]
fn any_key_is_a_flag() {
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("run");
    let mut call = vec!["train", "--steps", "1", "--batch-size", "4", "--quiet", "--out", text(&out)];
    call.extend(["--set", "training.objective=hinge", "--set", "generator.adam.beta1 = 0.25", "--set", "seed=3"]);
    assert_eq!(twoplayer(&call).code, 0);
    let config = fs::read_to_string(out.join("config.toml")).unwrap();
    let config = Config::complete_from_toml(&config).unwrap();
    assert_eq!((config.training.objective, config.seed), (Objective::Hinge, 3));
    assert_eq!(config.generator.adam.beta1, 0.25.into());

    let beyond = directory.path().join("beyond");
    for (setting, parts) in [
        ("training.objectve=hinge", ["--set training.objectve", "did you mean `objective`?"]),
        ("training.objective=hing", ["--set training.objective", "did you mean `hinge`?"]),
        ("objective=hinge", ["--set objective", "did you mean training.objective?"]),
        ("training.objective", ["--set <KEY=VALUE>", "it must be KEY=VALUE"]),
        ("training.batch_size=0", ["training.batch_size (--batch-size) is 0", "at least 1"]),
        ("training.learning_rate_floor=2", ["training.learning_rate_floor is 2", "from 0 to 1"]),
    ] {
        refuses(&["train", "--set", setting, "--out", text(&beyond)], 2, &parts);
        refuses(&["bench", "--set", setting], 2, &parts);
    }
    refuses(&["train", "--resume", text(&out), "--set", "seed=4"], 2, &["--set"]);
    assert!(!beyond.exists());
}

#[test]
fn flags_choose_the_game() {
    let directory = TempDir::new().unwrap();
    small_set(directory.path());
    let out = directory.path().join("run");
    let game = ["--objective", "least-squares", "--pairing", "relativistic", "--label-smoothing", "0.9"];
    let pace = ["--critic-steps", "2", "--schedule", "cosine", "--batch-size", "5", "--epochs", "1"];
    let places = ["--data", text(directory.path()), "--out", text(&out)];
    let answer = twoplayer(&[&["train"], &game[..], &pace, &places].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let config = fs::read_to_string(out.join("config.toml")).unwrap();
    for line in [
        "objective = \"least-squares\"",
        "pairing = \"relativistic\"",
        "label_smoothing = 0.9",
        "critic_steps = 2",
        "schedule = \"cosine\"",
    ] {
        assert!(config.lines().any(|found| found == line), "{line}: {config}");
    }
}

#[test]
fn presets_are_listed_and_printed() {
    let list = twoplayer(&["presets"]).stdout;
    for name in Config::presets() {
        assert!(list.lines().any(|line| line.starts_with(name) && line.len() > name.len() + 10), "{name}: {list}");
        let printed = twoplayer(&["presets", name]).stdout;
        assert!(
            printed.ends_with(Config::preset_text(name).unwrap()) && printed.contains("presets --keys"),
            "{printed}"
        );
        assert_eq!(Config::from_toml(&printed, None).unwrap(), Config::preset(name).unwrap());
    }
    assert!(twoplayer(&["presets", "--keys"]).stdout.contains("label_smoothing"));
    refuses(&["presets", "artcle"], 2, &["artcle", "did you mean \"article\"?"]);
}

#[test]
fn mnist_in_the_source_tree_is_found_and_verified() {
    let answer = twoplayer(&["data"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    assert_eq!(answer.stdout.matches("MNIST, checksum matches").count(), 4, "{}", answer.stdout);
}

#[test]
fn what_cannot_be_written_or_is_no_run_is_named() {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let under_a_file = file.join("run");
    refuses(&["train", "--steps", "1", "--out", text(&under_a_file)], 1, &[text(&under_a_file), "cannot create"]);
    refuses(&["sample", text(directory.path()), "-o", "x.png"], 1, &["config.toml", "twoplayer train"]);
    refuses(&["data", "--show", text(&under_a_file)], 1, &[text(&under_a_file)]);
}

#[test]
fn a_diverging_run_keeps_what_it_saved() {
    let directory = TempDir::new().unwrap();
    let out = directory.path().join("run");
    refuses(
        &["train", "--learning-rate", "1e30", "--out", text(&out)],
        1,
        &["step ", "no number any more", "learning rates"],
    );
    assert!(out.join("samples/epoch-0000.png").is_file() && out.join("generator.safetensors").is_file());
}

#[test]
fn an_unknown_kernel_is_refused_and_a_known_one_used() {
    let bench = |kernel: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twoplayer"));
        command.args(["bench", "--steps", "1", "--batch-size", "8"]).env("TWOPLAYER_KERNEL", kernel).output().unwrap()
    };
    let refused = bench("avx1024");
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("avx1024"));
    assert!(String::from_utf8_lossy(&bench("portable").stdout).contains("portable"));
}

#[test]
fn bench_measures_what_it_says() {
    let arguments = ["bench", "--preset", "article", "--steps", "3", "--batch-size", "8", "--threads", "1"];
    let json = twoplayer(&[&arguments[..], &["--json", "--saturated"]].concat());
    assert_eq!(json.code, 0, "{}", json.stderr);
    let report: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    for figure in ["step_ms", "saturated_step_ms", "images_per_s", "gemm_gflops", "peak_gflops"] {
        assert!(report[figure].as_f64().unwrap() > 0.0, "{figure}: {report}");
    }
    assert_eq!((report["threads"].as_u64(), report["batch_size"].as_u64()), (Some(1), Some(8)));
    assert_eq!(report["products"].as_array().unwrap().len(), 9, "the layers whose products are matrices");
    let table = twoplayer(&arguments).stdout;
    for part in ["1 thread,", "GFLOP/s", "discriminator 784-1024", "forward", "backward", "update", "images/s"] {
        assert!(table.contains(part), "{part}: {table}");
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    for command in ["train", "presets", "sample", "interpolate", "data", "bench"] {
        let answer = twoplayer(&[command, "--help"]);
        assert_eq!(answer.code, 0);
        assert!(answer.stdout.contains("Examples:") && answer.stdout.contains(&format!("twoplayer {command}")));
    }
}

#[test]
fn what_is_larger_than_anyone_means_is_refused_before_it_is_drawn() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    fs::create_dir(&data).unwrap();
    small_set(&data);
    Idx { shape: vec![10, 400, 400], bytes: vec![7; 10 * 400 * 400] }
        .write(&data.join("train-images-idx3-ubyte"))
        .unwrap();
    let png = directory.path().join("x.png");
    let png = text(&png);
    refuses(&["sample", "--count", "100000", "--scale", "32", "-o", png], 2, &["7616 × 11999936", "GiB", "--scale"]);
    refuses(&["interpolate", "--steps", "1000", "--scale", "32", "-o", png], 2, &["959936 × 9536", "GiB", "--steps"]);
    let animation = ["interpolate", "--steps", "1000", "--scale", "32", "--animation", png];
    refuses(&animation, 2, &["1998 pictures", "GiB", "--scale"]);
    let sheet = ["data", "--data", text(&data), "--per-class", "100", "--show", png];
    refuses(&sheet, 2, &["81200 × 8036", "GiB", "--per-class"]);
    refuses(&["sample", "--threads", "100000", "-o", png], 2, &["--threads", "64"]);
    refuses(&["sample", "-o", "-"], 2, &["--output", "standard output", "./-"]);
    assert!(!Path::new(png).exists());
}
