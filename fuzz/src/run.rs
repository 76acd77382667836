//! A run's directory, one of its files replaced: whatever it then holds, everything that reads this file gives what it
//! says or an error, and no other file is touched. The first byte says which file, the rest are its bytes.

use super::{seal, weights};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::fs::{self, Metadata};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use tempfile::TempDir;
use twoplayer::data::{Digits, PixelRange};
use twoplayer::gan::{
    BuildError, Config, Ended, Observer, ObserverError, Session, blank_discriminator, blank_generator, draw, score,
};
use twoplayer::nn::layers::Flatten;
use twoplayer::nn::{LayerSpec, Network, UnitActivation};
use twoplayer::random::Stream;
use twoplayer::recognizer::{Recognizer, RecognizerConfig};
use twoplayer::run::{
    Epochs, History, LearnedFrom, Picture, RecognizerRun, RecognizerSummary, Recorder, RunDirectory, find_runs,
    load_weights, report, write_evolution,
};

/// Its name, how the bytes become it, and who reads it then.
type File = (&'static str, Form, fn(&Run));

/// The files that the first byte chooses between.
const FILES: [File; 15] = [
    ("config.toml", Form::Plain, Run::configuration),
    ("metrics.csv", Form::Plain, Run::logs),
    ("norms.csv", Form::Plain, Run::logs),
    ("times.csv", Form::Plain, Run::logs),
    ("warnings.txt", Form::Plain, Run::logs),
    ("evaluation.json", Form::Plain, Run::figures),
    (CHECKPOINT, Form::Plain, Run::checkpoint),
    (CHECKPOINT, Form::Note, Run::checkpoint),
    (CHECKPOINT, Form::Arrays, Run::checkpoint),
    ("generator.safetensors", Form::Arrays, Run::generator),
    ("discriminator.safetensors", Form::Arrays, Run::discriminator),
    ("samples/epoch-0001.png", Form::Plain, Run::pictures),
    ("lock", Form::Plain, Run::lock),
    ("recognizer.toml", Form::Plain, Run::recognizer),
    ("recognizer.safetensors", Form::Arrays, Run::recognizer),
];
/// The last of the two.
const CHECKPOINT: &str = "checkpoints/step-00000004.safetensors";
/// Empty unless they are the file at hand: a chart takes longer than all else.
const LOGS: [&str; 3] = ["metrics.csv", "norms.csv", "times.csv"];
/// What the readers may write.
const WRITTEN: [&str; 1] = ["samples/evolution.png"];
/// Parameters beyond which the target does not train with a configuration.
const PARAMETERS: usize = 1 << 12;

/// How the bytes become a file.
#[derive(Clone, Copy)]
enum Form {
    /// They are the file.
    Plain,
    /// As the target for weights has it.
    Arrays,
    /// They are the note of the checkpoint that was there, sealed anew.
    Note,
}

/// A run of four steps on eight images of 2 × 2 pixels, and a recognizer in the same directory.
struct Run {
    /// The directory of runs, which is removed at the end.
    runs: TempDir,
    directory: RunDirectory,
    config: Config,
    digits: Digits,
    /// The files of the run as they were.
    files: Vec<(&'static str, Vec<u8>)>,
    /// The file that is replaced now.
    replaced: Option<&'static str>,
    /// The header and the numbers of the checkpoint.
    checkpoint: (Vec<u8>, Vec<u8>),
    /// How the others looked when this one was first replaced.
    looks: Vec<Look>,
}

/// What changes when a file is written.
type Look = (PathBuf, u64, Option<SystemTime>);

const CONFIG: &str = r#"
[training]
epochs = 3
steps = 4
batch_size = 4
classes = 10
[generator]
latent_dim = 2
image_shape = [2, 2]
layers = [
    { kind = "label-embedding", units = 1 },
    { kind = "dense", units = 3 },
    { kind = "batch-norm", activation = "relu" },
    { kind = "dense", units = 4, activation = "tanh" },
]
[discriminator]
layers = [{ kind = "dense", units = 2, activation = "leaky-relu" }, { kind = "dropout", rate = 0.5 }, { kind = "projection" }]
[record]
log_every = 1
"#;

thread_local! {
    static RUN: RefCell<Run> = RefCell::new(Run::new());
}

pub fn take(bytes: &[u8]) {
    let Some((&first, bytes)) = bytes.split_first() else { return };
    let (name, form, read) = FILES[usize::from(first) % FILES.len()];
    RUN.with_borrow_mut(|run| {
        run.replace(name, form, bytes);
        read(run);
        assert_eq!(run.looks_but(name), run.looks, "{name}: another file was touched");
    });
}

/// The files of the run as they are, as input that [`take`] reads.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    RUN.with_borrow(|run| {
        let seed = |(first, (name, form, _)): (usize, &File)| {
            let file = &run.files.iter().find(|(file, _)| file == name).expect("a file of the run").1;
            let bytes = match form {
                Form::Plain => file.clone(),
                Form::Note => parts(file).2,
                Form::Arrays => [&parts(file).0[..], &[0], &parts(file).1].concat(),
            };
            (format!("{first:02}-{}", name.replace('/', "-")), [&[first as u8], &bytes[..]].concat())
        };
        FILES.iter().enumerate().map(seed).collect()
    })
}

impl Run {
    fn new() -> Self {
        let memory = Path::new("/dev/shm"); // which nothing wears out
        let runs = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.expect("room for a run");
        let root = runs.path().join("run");
        let digits = Digits::new((0..32).map(|i| i * 8).collect(), (0..8).collect(), 2, 2);
        let mut config = Config::from_toml(CONFIG, Some("mlp")).expect("a configuration");
        twoplayer::gan::train(&config, &digits, &mut Recorder::new(&root)).expect("four steps");
        // So that there are some left.
        config.training.steps = Some(6);
        fs::write(root.join("config.toml"), config.to_toml()).expect("room for a file");
        fs::write(root.join("evaluation.json"), EVALUATION).expect("room for a file");
        for epoch in 0..3 {
            let picture = Picture::new([2, 3, 1], vec![epoch; 6]);
            picture.write_png(&root.join(format!("samples/epoch-000{epoch}.png"))).expect("room for a picture");
        }
        recognizer(&root);
        let file =
            |(name, ..): (&'static str, Form, fn(&Run))| (name, fs::read(root.join(name)).expect("a file of the run"));
        let files = FILES.map(file).to_vec();
        let (header, numbers, _) = parts(&fs::read(root.join(CHECKPOINT)).expect("a checkpoint"));
        for log in LOGS {
            fs::write(root.join(log), "").expect("room for a file");
        }
        let directory = RunDirectory::open(&root).expect("a run");
        let checkpoint = (header, numbers);
        Self { runs, directory, config, digits, files, replaced: None, checkpoint, looks: Vec::new() }
    }

    /// Puts the bytes in the place of this file, and the one that was replaced before back into its own.
    fn replace(&mut self, name: &'static str, form: Form, bytes: &[u8]) {
        let root = self.directory.root();
        if let Some(before) = self.replaced.filter(|before| *before != name) {
            let (_, bytes) = self.files.iter().find(|(file, _)| *file == before).expect("a file of the run");
            let bytes = if LOGS.contains(&before) { &[] } else { &bytes[..] };
            fs::write(root.join(before), bytes).expect("room for a file");
        }
        let (header, numbers) = &self.checkpoint;
        let file = match form {
            Form::Plain => bytes.into(),
            Form::Arrays => weights::file(bytes),
            Form::Note => seal::sealed(header, numbers, bytes),
        };
        fs::write(root.join(name), file).expect("room for a file");
        if self.replaced.replace(name) != Some(name) {
            self.looks = self.looks_but(name);
        }
    }

    /// How all files look but this one and those that are to be written.
    fn looks_but(&self, name: &str) -> Vec<Look> {
        let root = self.directory.root();
        let is_other = |path: &PathBuf| !WRITTEN.iter().chain([&name]).any(|name| *path == root.join(name));
        let look = |path: PathBuf| {
            let metadata = fs::metadata(&path).ok();
            let length = metadata.as_ref().map_or(0, Metadata::len);
            (path, length, metadata.and_then(|metadata| metadata.modified().ok()))
        };
        let mut looks: Vec<Look> = ["", "samples", "checkpoints"]
            .iter()
            .flat_map(|directory| fs::read_dir(root.join(directory)).expect("a directory"))
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| !path.is_dir() && is_other(path))
            .map(look)
            .collect();
        looks.sort();
        looks
    }

    fn configuration(&self) {
        assert_eq!(find_runs(self.runs.path()).expect("a directory of runs").len(), 1);
        let small = |count: usize| count <= PARAMETERS;
        if let Ok((generator, config)) = self.directory.generator()
            && let Ok(Some(discriminator)) = self.directory.discriminator()
            && small(generator.parameter_count() + discriminator.parameter_count())
            && small(config.training.batch_size)
        {
            self.goes_on(&config);
        }
    }

    fn logs(&self) {
        if let Ok(history) = History::read(&self.directory) {
            let epochs = Epochs::of(&self.directory);
            report(&self.directory, &self.config, &history, &epochs).expect("its pictures are left out or whole");
        }
    }

    fn figures(&self) {
        let _ = self.directory.evaluation();
        self.logs();
    }

    fn checkpoint(&self) {
        let _ = self.directory.checkpoints().progress();
        self.goes_on(&self.config);
    }

    /// The run goes on for a step, if there is one left.
    fn goes_on(&self, config: &Config) {
        let Ok((_recorder, mut checkpoint)) = Recorder::resuming(&self.directory, config, None) else { return };
        let _ = checkpoint.check_config(config, &self.directory.config_file());
        if let Ok(mut session) = checkpoint.session(config, &self.digits) {
            let _ = checkpoint.check_images(session.digits(), "these");
            let before = session.step();
            if session.run(&mut OneStep).is_ok_and(|ended| ended == Ended::AsAsked) {
                assert!(session.step() <= before + 1);
            }
            let _ = session.position();
        }
    }

    fn generator(&self) {
        if let Some(generator) = self.player("generator", blank_generator(&self.config)) {
            let drawn = draw(&generator, 2, &mut Stream::Sample.of(0));
            assert_eq!(drawn.images.len(), 2 * self.config.pixels());
        }
    }

    fn discriminator(&self) {
        if let Some(discriminator) = self.player("discriminator", blank_discriminator(&self.config)) {
            score(&discriminator, &PixelRange::Symmetric.numbers(self.digits.images()), self.digits.labels());
        }
    }

    /// A player with the weights in its file, if they are its own.
    fn player(&self, name: &str, blank: Result<Network, BuildError>) -> Option<Network> {
        let mut network = blank.expect("a player of the run");
        load_weights(&mut [&mut network], &self.directory.weights_file(name)).is_ok().then_some(network)
    }

    fn pictures(&self) {
        let _ = write_evolution(&self.directory, &Epochs::of(&self.directory));
    }

    fn lock(&self) {
        assert_eq!(find_runs(self.runs.path()).expect("a directory of runs").len(), 1);
        let _ = Recorder::resuming(&self.directory, &self.config, None);
    }

    fn recognizer(&self) {
        if let Ok(recognizer) = RecognizerRun::open(self.directory.root()).and_then(|run| run.recognizer())
            && recognizer.features.input_width() <= self.digits.images().len()
        {
            recognizer.read(&self.digits.images()[..recognizer.features.input_width()]);
        }
    }
}

const EVALUATION: &str = r#"{ "generated": { "frechet": 2.5, "precision": 0.75 }, "floor": { "frechet": 0.5 } }"#;

/// Makes a recognizer of images of 2 × 2 pixels.
fn recognizer(root: &Path) {
    let features = vec![Flatten {}.into(), LayerSpec::dense(2, UnitActivation::Relu)];
    let config = RecognizerConfig { image_shape: [2, 2], shift: 0, features, ..Default::default() };
    let recognizer = Recognizer::new(&config).expect("a network");
    let summary = RecognizerSummary { learned_from: LearnedFrom::default(), test: None, recognizer: config };
    let elsewhere = root.join("recognizer");
    RecognizerRun::create(&elsewhere, &summary).and_then(|run| run.save(&recognizer, &summary)).expect("a recognizer");
    for name in ["recognizer.toml", "recognizer.safetensors"] {
        fs::rename(elsewhere.join(name), root.join(name)).expect("the same disk");
    }
    fs::remove_dir(elsewhere).expect("an empty directory");
}

/// The header of a safetensors file without its metadata, its numbers, and the note in its seal.
fn parts(file: &[u8]) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let (length, rest) = file.split_first_chunk().expect("a length");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let mut header: Map<String, Value> = serde_json::from_slice(header).expect("a header");
    let metadata = header.remove("__metadata__").expect("the program's own");
    let seal: Value = serde_json::from_str(metadata["twoplayer"].as_str().expect("a seal")).expect("a seal");
    (Value::from(header).to_string().into(), numbers.into(), seal["note"].to_string().into())
}

/// Asks for an end at the first chance.
struct OneStep;

impl Observer for OneStep {
    fn pause(&mut self, _: &Session) -> Result<ControlFlow<()>, ObserverError> {
        Ok(ControlFlow::Break(()))
    }
}
