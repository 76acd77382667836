//! `twoplayer recognize`.

mod answer;
mod drawing;
mod pictures;
mod reader;

use super::given::{labels, output, reader_or_pretrained};
use super::outputs::Files;
use super::say::note;
use super::threads::{on_threads, threads};
use super::usage_error::UsageError;
use clap::Args;
use pictures::{Pictures, count, files_of, is_picture};
use reader::Reader;
use std::path::PathBuf;

/// Say which digits a picture shows.
///
/// PNG and JPEG files of any size, grey or in colour, dark on light or light on dark, with one digit or many; folders of
/// them; and IDX files of many digits. What stands in a picture is read line by line, from left to right; each figure
/// is brought into the form of MNIST's digits first (a box of 20 × 20 pixels, centred in 28 × 28 by its mass); what
/// is 28 × 28 in an IDX file is taken to be in it. A photograph is turned as its camera has noted.
///
/// What is farther from all digits than 99 of 100 digits are is "no digit"; where the recognizer is not calibrated, all is
/// taken for a digit. What is as wide as several digits that touch is uncertain. With --json there is one object for each
/// figure, with its "box" (left, top, width, height, in pixels) and its "line"; what is no digit has no "digit".
/// What cannot be read is named on standard error, and all else is read nevertheless; the exit code is 1 then.
#[derive(Args)]
#[command(after_help = "Examples:\n  twoplayer recognize seven.png\n  \
                        twoplayer recognize cheque.jpg --draw marked.png\n  \
                        twoplayer recognize photos/ --json\n  \
                        twoplayer recognize images.idx.gz --labels labels.idx.gz --confusion confusion.png")]
pub struct Arguments {
    /// PNG and JPEG files, IDX files, folders of PNG and JPEG files
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// What they show, an IDX file [count]: also says how many are read rightly
    #[arg(long, value_name = "FILE.idx")]
    labels: Option<PathBuf>,

    /// Draw which digits are taken for which
    #[arg(long, value_name = "FILE.png", requires = "labels", value_parser = output())]
    confusion: Option<PathBuf>,

    /// Mark what is read in the one picture that is named
    #[arg(long, value_name = "FILE.png", value_parser = output())]
    draw: Option<PathBuf>,

    /// Print one JSON object a line
    #[arg(long)]
    json: bool,

    /// The recognizer, as `twoplayer recognizer train` made it [default: the one that comes with the program]
    #[arg(long, value_name = "DIR")]
    recognizer: Option<PathBuf>,

    /// Threads to compute on; 0 means one a core. The result does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = threads)]
    threads: usize,
}

/// Refuses to draw in the place of what is read, or of more than one picture.
fn check_outputs(arguments: &Arguments) -> Result<(), UsageError> {
    let Arguments { files, labels, confusion, recognizer, draw, .. } = arguments;
    if confusion.is_none() && draw.is_none() {
        return Ok(());
    }
    if draw.is_some() && !matches!(&**files, [file] if is_picture(file)) {
        return Err(UsageError("--draw: one picture can be marked, a PNG or JPEG file; name no other file".into()));
    }
    let pictures = files.iter().filter_map(|file| files_of(file).ok()).flatten();
    let read = Files::default().reading(pictures).reading(labels.iter().cloned()).of_recognizer(recognizer.as_deref());
    read.writing("--confusion", confusion.as_deref()).writing("--draw", draw.as_deref()).check()
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    check_outputs(arguments)?;
    let recognizer = reader_or_pretrained(arguments.recognizer.as_deref())?;
    if let (None, Some(root)) = (recognizer.calibration(), &arguments.recognizer) {
        let root = root.display();
        note(format_args!("not calibrated, so all is taken for a digit; see twoplayer recognizer calibrate {root}"));
    }
    let labels = arguments.labels.as_deref().map(|path| labels(path, count(&arguments.files)?)).transpose()?;
    on_threads(arguments.threads, || {
        let is_alone = matches!(&*arguments.files, [file] if !file.is_dir());
        let mut reader = Reader::new(recognizer, labels, arguments.json, is_alone);
        for file in &arguments.files {
            match Pictures::of(file) {
                Ok(pictures) => reader.read(&pictures)?,
                Err(error) => reader.leave_out(error)?,
            }
        }
        reader.compare(arguments.confusion.as_deref())?;
        if let (Some(into), [file]) = (&arguments.draw, &*arguments.files) {
            reader.draw(file, into)?;
        }
        reader.end()
    })
}
