//! Runs that are killed, interrupted, out of disk or damaged, and go on as if nothing had happened.

#![cfg(unix)]

use crate::common::{Answer, refuses, small_set, text, twoplayer};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;
use twoplayer::gan::Config;

/// Something of everything that a run carries from step to step: statistics of batch and spectral normalisation, a
/// moving average, dropout, labels, random points of a gradient penalty, moments, schedules.
const CONFIG: &str = r#"
    preset = "cdcgan"
    [training]
    epochs = 60
    batch_size = 2
    critic_steps = 2
    [generator]
    latent_dim = 4
    layers = [
        { kind = "label-embedding", units = 3 },
        { kind = "dense", units = 98 },
        { kind = "reshape", shape = [7, 7, 2] },
        { kind = "batch-norm", activation = "relu" },
        { kind = "conv-transpose", channels = 2, kernel = 4, stride = 2 },
        { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
    ]
    [discriminator]
    layers = [
        { kind = "conv", channels = 3, kernel = 4, stride = 4, activation = "leaky-relu", spectral_norm = true },
        { kind = "dropout", rate = 0.2 },
        { kind = "flatten" },
        { kind = "projection" },
    ]
    [[discriminator.regularisers]]
    kind = "wgan-gp"
    weight = 1.0
    every = 3
    [record]
    log_every = 1
    checkpoint_every = 7
    keep_checkpoints = 2
"#;

/// A place with a small set of digits and the configuration in it.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = TempDir::new().unwrap();
        small_set(directory.path());
        fs::write(directory.path().join("config.toml"), CONFIG).unwrap();
        Self { directory }
    }

    fn run(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// `train`, or `train --resume` if there is a run already.
    fn command(&self, run: &Path, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twoplayer"));
        command.args(["train", "--threads", "1"]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped());
        if run.join("config.toml").exists() {
            command.arg("--resume").arg(run);
        } else {
            let _ = fs::remove_dir_all(run); // killed before it was one
            command.arg("--config").arg(self.run("config.toml"));
            command.arg("--data").arg(self.directory.path()).arg("--out").arg(run);
        }
        command
    }

    /// Trains to the end.
    #[track_caller]
    fn finish(&self, run: &Path, more: &[&str]) {
        let output = self.command(run, more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// A run that nothing disturbed.
    fn undisturbed(&self) -> PathBuf {
        let run = self.run("undisturbed");
        self.finish(&run, &[]);
        run
    }
}

/// Everything that a run leaves, by name, but what tells the time or the process.
fn files(run: &Path) -> Vec<(String, Vec<u8>)> {
    let in_folder = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
    };
    let mut paths = [in_folder(run), in_folder(&run.join("samples"))].concat();
    paths.retain(|path| !path.ends_with("times.csv") && !path.ends_with("lock") && !path.ends_with("report.html"));
    paths.sort();
    let named = |path: PathBuf| (path.strip_prefix(run).unwrap().display().to_string(), fs::read(path).unwrap());
    paths.into_iter().map(named).collect()
}

#[track_caller]
fn assert_same(run: &Path, undisturbed: &Path) {
    let (found, expected) = (files(run), files(undisturbed));
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(&expected));
    for ((name, found), (_, expected)) in found.iter().zip(&expected) {
        assert!(found == expected, "{name} differs");
    }
    assert!(run.join("report.html").is_file());
    let columns = |file: &str| fs::read_to_string(run.join(file)).unwrap().lines().count();
    assert_eq!(columns("times.csv"), columns("metrics.csv"));
}

/// Waits until the run has come so far.
fn wait_for(file: &Path, child: &mut Child) {
    for _ in 0..6000 {
        if file.exists() {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "it ended before there was a {}", file.display());
        sleep(Duration::from_millis(10));
    }
    panic!("no {} in a minute", file.display());
}

fn answer(child: Child) -> Answer {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Answer { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn a_run_that_is_killed_again_and_again_ends_as_an_undisturbed_one() {
    let place = Place::new();
    let undisturbed = place.undisturbed();
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut kills = 0;
    for attempt in 0.. {
        let run = place.run(&format!("killed-{attempt}"));
        for _ in 0..20 {
            let mut child = place.command(&run, &[]).spawn().unwrap();
            sleep(Duration::from_millis(rng.random_range(5..120)));
            if child.try_wait().unwrap().is_some() {
                break; // it came to its end
            }
            child.kill().unwrap(); // SIGKILL
            child.wait().unwrap();
            kills += 1;
        }
        place.command(&run, &[]).output().unwrap(); // left alone; or refused, if it had come to its end
        assert_same(&run, &undisturbed);
        if kills >= 30 {
            break;
        }
    }
}

#[test]
fn ctrl_c_saves_and_says_how_to_go_on() {
    let place = Place::new();
    let run = place.run("run");
    let mut child = place.command(&run, &[]).spawn().unwrap();
    wait_for(&run.join("samples/epoch-0002.png"), &mut child);
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signal.success());
    let Answer { code, stdout, stderr } = answer(child);
    assert_eq!((code, stdout.as_str()), (130, ""), "{stderr}");
    assert!(stderr.contains(&format!("twoplayer train --resume {}", run.display())), "{stderr}");
    place.finish(&run, &[]);
    assert_same(&run, &place.undisturbed());
    // Who starts it again until it succeeds comes to an end.
    let Answer { code, stdout, stderr } = twoplayer(&["train", "--resume", text(&run)]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(stderr.contains("come to its end") && stderr.contains("--epochs"), "{stderr}");
    refuses(&["train", "--resume", text(&run), "--epochs", "1"], 2, &["more than", "asked for"]);
    assert_same(&run, &place.undisturbed());
}

#[test]
fn a_run_goes_on_for_longer_than_it_was_meant_to() {
    let place = Place::new();
    let constant = CONFIG.replace("critic_steps = 2", "critic_steps = 2\n    schedule = \"constant\"");
    fs::write(place.run("config.toml"), constant).unwrap();
    let run = place.run("run");
    place.finish(&run, &["--epochs", "30"]);
    place.finish(&run, &["--epochs", "60"]);
    assert_same(&run, &place.undisturbed());
}

#[test]
fn a_second_process_is_refused_and_told_of_the_first() {
    let place = Place::new();
    let run = place.run("run");
    let mut first = place.command(&run, &["--epochs", "1000000"]).spawn().unwrap();
    wait_for(&run.join("config.toml"), &mut first);
    refuses(&["train", "--resume", text(&run)], 1, &[text(&run), &format!("in use by process {}", first.id())]);
    first.kill().unwrap();
    first.wait().unwrap();
    // Its lock went with it.
    assert_eq!(twoplayer(&["train", "--resume", text(&run), "--epochs", "2"]).code, 0);
}

#[test]
fn a_full_disk_ends_a_run_and_loses_nothing() {
    let place = Place::new();
    let run = place.run("run");
    // No file may grow beyond so many blocks of 512 bytes: metrics.csv comes to that on the way.
    let command = place.command(&run, &[]);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"", "22"])
        .arg(command.get_program())
        .args(command.get_args());
    let output = limited.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(
        stderr.lines().filter(|line| line.starts_with("error: cannot write") && line.contains("run/")).count(),
        1,
        "{stderr}"
    );
    assert!(stderr.contains("has room left"), "{stderr}");
    place.finish(&run, &[]);
    assert_same(&run, &place.undisturbed());
}

#[test]
fn a_directory_that_turns_read_only_ends_a_run_and_loses_nothing() {
    let place = Place::new();
    let run = place.run("run");
    // The superuser may write anywhere, so the run is somebody else's.
    let nobody = 65534;
    let is_superuser = chown(place.directory.path(), Some(nobody), Some(nobody)).is_ok();
    let mut command = place.command(&run, &[]);
    if is_superuser {
        let program = place.run("program");
        fs::copy(env!("CARGO_BIN_EXE_twoplayer"), &program).unwrap();
        let mut other = Command::new(program);
        other.args(command.get_args()).stdout(Stdio::piped()).stderr(Stdio::piped()).uid(nobody).gid(nobody);
        command = other;
    }
    let mut child = command.spawn().unwrap();
    let checkpoints = run.join("checkpoints");
    wait_for(&checkpoints, &mut child);
    let allow = |mode: u32| fs::set_permissions(&checkpoints, fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let Answer { code, stderr, .. } = answer(child);
    assert_eq!(code, 1, "{stderr}");
    assert_eq!(stderr.lines().filter(|line| line.starts_with("error: cannot write")).count(), 1, "{stderr}");
    allow(0o755);
    place.finish(&run, &[]);
    assert_same(&run, &place.undisturbed());
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_offered() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "30"]);
    let file = |step: u64| run.join(format!("checkpoints/step-{step:08}.safetensors"));
    let whole = fs::read(file(30)).unwrap();
    let resume = ["train", "--resume", text(&run), "--steps", "150"];
    let with_header = |header: &str| [&(header.len() as u64).to_le_bytes(), header.as_bytes()].concat();
    let mut flipped = whole.clone();
    flipped[whole.len() - 100] ^= 4;
    let huge = with_header(r#"{"x":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}"#);
    let other_type = with_header(r#"{"x":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}"#);
    let cases: [(&[u8], &str); 6] = [
        (&whole[..whole.len() / 2], "not a whole"),
        (&flipped, "not what was written"),
        (&huge, "not a whole"),
        (&other_type, "F64"),
        (b"\xff\xff\xff\xff\xff\xff\xff\x7f{", "not a whole"),
        (b"", "not a whole"),
    ];
    for (bytes, reason) in cases {
        fs::write(file(30), bytes).unwrap();
        refuses(&resume, 1, &[text(&file(30)), reason, "--from-step 28"]);
    }
    fs::write(file(28), b"").unwrap();
    refuses(&resume, 1, &[text(&file(30)), "no other checkpoint"]);
    refuses(&[&resume[..], &["--from-step", "7"]].concat(), 1, &["no checkpoint of step 7", "[28, 30]"]);
}

/// Everything that lies in a directory, with what is in it.
fn snapshot(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        match entry.is_dir() {
            true => all.extend(snapshot(&entry)),
            false => all.push((entry.clone(), fs::read(entry).unwrap())),
        }
    }
    all.sort();
    all
}

/// `train --resume` is refused with these words, and not a byte in the run's directory is another afterwards.
#[track_caller]
fn refuses_to_resume(run: &Path, flags: &[&str], parts: &[&str]) {
    let before = snapshot(run);
    refuses(&[&["train", "--resume", text(run)], flags].concat(), 1, parts);
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    assert_eq!(names(&snapshot(run)), names(&before));
    assert!(snapshot(run) == before, "{flags:?}: a refused call has changed a file");
}

#[test]
fn a_configuration_that_is_not_the_checkpoints_is_refused_unless_forced() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "8"]);
    let config = run.join("config.toml");
    let whole = fs::read_to_string(&config).unwrap();
    let with = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from}: {whole}");
        fs::write(&config, whole.replacen(from, to, 1)).unwrap();
    };
    let more = ["--steps", "9"];
    with("seed = 0", "seed = 1");
    refuses_to_resume(&run, &more, &["config.toml", "seed is 1, but 0", "--force"]);
    with("batch_size = 2", "batch_size = 3");
    refuses_to_resume(&run, &more, &["training.batch_size is 3, but 2"]);
    with("latent_dim = 4", "latent_dim = 5");
    refuses_to_resume(&run, &more, &["generator.latent_dim is 5, but 4"]);
    refuses_to_resume(&run, &["--steps", "9", "--force"], &["step-00000008.safetensors", "should have shape"]);
    with("batch_size = 2", "batch_size = 3");
    assert_eq!(twoplayer(&["train", "--resume", text(&run), "--steps", "9", "--force"]).code, 0);
}

#[test]
fn a_damaged_configuration_is_refused_wherever_it_is_cut() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "8"]);
    let config = run.join("config.toml");
    let whole = fs::read_to_string(&config).unwrap();
    let cuts = whole.match_indices('\n').map(|(cut, _)| cut + 1).filter(|&cut| cut < whole.len());
    for cut in cuts.chain([0, whole.len() / 2]).step_by(3) {
        fs::write(&config, &whole[..cut]).unwrap();
        let answer = twoplayer(&["runs", text(place.directory.path())]);
        assert!(answer.code == 0 && answer.stdout.contains("damaged"), "{cut}: {}", answer.stdout);
    }
    fs::write(&config, "").unwrap();
    refuses_to_resume(&run, &["--steps", "9"], &["config.toml", "missing field"]);
}

#[test]
fn a_run_without_its_checkpoints_is_not_begun_anew() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "8"]);
    for file in [run.join("checkpoints"), run.join("samples")] {
        fs::remove_dir_all(file).unwrap();
    }
    refuses_to_resume(&run, &["--epochs", "5"], &[text(&run), "no checkpoint is left", "--config"]);
}

#[test]
fn a_resume_that_fails_changes_nothing() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "14"]);
    for name in ["times.csv", "metrics.csv", "norms.csv"] {
        let (log, whole) = (run.join(name), fs::read(run.join(name)).unwrap());
        fs::write(&log, &whole[..20]).unwrap();
        refuses_to_resume(&run, &["--from-step", "7"], &[name, "has 20 bytes"]);
        fs::remove_file(&log).unwrap();
        refuses_to_resume(&run, &["--from-step", "7"], &[name, "is not there"]);
        fs::write(&log, whole).unwrap();
    }
    fs::remove_file(run.join("lock")).unwrap();
    refuses_to_resume(&run, &["--from-step", "3"], &["no checkpoint of step 3"]);
    place.finish(&run, &["--from-step", "7"]);
    let other = place.run("other");
    place.finish(&other, &["--steps", "14"]);
    assert_same(&run, &other);
}

#[test]
fn images_that_changed_beneath_a_run_are_noticed() {
    let place = Place::new();
    let run = place.run("run");
    place.finish(&run, &["--steps", "8"]);
    let images = place.run("train-images-idx3-ubyte");
    let mut bytes = fs::read(&images).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&images, bytes).unwrap();
    refuses_to_resume(&run, &["--steps", "9"], &["not those that this run has learned from", "--force"]);
    assert_eq!(twoplayer(&["train", "--resume", text(&run), "--steps", "9", "--force"]).code, 0);
}

#[test]
fn a_terminal_that_closes_ends_a_run_unless_it_was_begun_under_nohup() {
    let place = Place::new();
    let hang_up = |name: &str, prelude: &str| {
        let (run, whole) = (place.run(name), format!("{prelude}exec \"$@\""));
        let command = place.command(&run, &["--epochs", "400"]);
        let mut shell = Command::new("sh");
        shell.args(["-c", &whole, "sh"]).arg(command.get_program()).args(command.get_args());
        let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&run.join("samples/epoch-0002.png"), &mut child);
        assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap().success());
        answer(child)
    };
    assert_eq!(hang_up("closed", "").code, 130);
    let Answer { code, stderr, .. } = hang_up("kept", "trap '' HUP; ");
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn runs_begun_at_one_moment_have_names_of_their_own() {
    let place = Place::new();
    let begin = |_| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_twoplayer"));
        command.current_dir(place.directory.path()).args(["train", "--quiet", "--steps", "2"]);
        command.args(["--config", "config.toml", "--data", "."]).stderr(Stdio::piped()).spawn().unwrap()
    };
    let begun: Vec<Child> = (0..4).map(begin).collect();
    for child in begun {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(fs::read_dir(place.run("runs")).unwrap().count(), 4);
}

/// The same game, but the generator draws one image and does not move.
const COLLAPSED: [(&str, &str); 2] = [
    ("    latent_dim = 4", "    latent_dim = 4\n    init = \"normal-0.02\""),
    ("    [discriminator]", "    [generator.adam]\n    learning_rate = 1e-12\n    [discriminator]"),
];

#[test]
fn a_run_that_goes_wrong_is_ended_or_rolled_back_as_asked() {
    let place = Place::new();
    let collapsed = COLLAPSED.iter().fold(CONFIG.to_owned(), |text, (from, to)| text.replacen(from, to, 1));
    fs::write(place.run("config.toml"), collapsed).unwrap();
    let ending = |how: &str| answer(place.command(&place.run(how), &["--on-divergence", how]).spawn().unwrap());

    let Answer { code, stderr, .. } = ending("warn");
    assert!(code == 0 && stderr.contains("warning: epoch 1: mode collapse: all samples look alike"), "{stderr}");

    let Answer { code, stderr, .. } = ending("stop");
    assert!(code == 1 && stderr.contains("error: mode collapse: the run ends here"), "{stderr}");
    assert!(stderr.lines().last().unwrap().contains("--on-divergence"), "{stderr}");

    let Answer { code, stderr, .. } = ending("rollback");
    assert_eq!(
        (code, stderr.matches("rolled back to step 0, and on from there with half the learning rates").count()),
        (1, 3),
        "{stderr}"
    );
    let config = fs::read_to_string(place.run("rollback").join("config.toml")).unwrap();
    let config = Config::from_toml(&config, Some("mlp")).unwrap();
    assert_eq!(config.generator.adam.learning_rate, 1e-12 / 8.0);
    assert_eq!(config.discriminator.adam.learning_rate, 1e-3 / 8.0);
}

#[test]
fn weights_that_are_no_numbers_are_not_kept() {
    let place = Place::new();
    let fast = CONFIG.replacen(
        "    [discriminator]",
        "    [generator.adam]\n    learning_rate = 1e39\n    [discriminator]",
        1,
    );
    fs::write(place.run("config.toml"), fast.replace("checkpoint_every = 7", "checkpoint_every = 1")).unwrap();
    let run = place.run("run");
    let Answer { code, stderr, .. } = answer(place.command(&run, &[]).spawn().unwrap());
    assert!(code == 1 && stderr.contains("--learning-rate"), "{stderr}");
    // What is kept can be read.
    refuses(&["train", "--resume", text(&run)], 1, &["--learning-rate"]);
}
