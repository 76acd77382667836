//! Reading pictures, a few at a time, and saying at once what they show.

use super::pictures::{Pictures, Shown};
use crate::cli::say::{Lines, note};
use crate::data::CLASSES;
use crate::metrics::Confusion;
use crate::recognizer::{Readings, Recognizer};
use crate::run::confusion_picture;
use anyhow::{Context, ensure};
use serde::Serialize;
use std::path::Path;

/// Pictures that are read together: enough for all threads, few enough that the first answer comes at once.
const BATCH: usize = 64;
/// Enlargement of the confusion matrix.
const SCALE: usize = 2;

/// What is said of a picture.
#[derive(Serialize)]
struct Answer<'a> {
    file: &'a str,
    #[serde(flatten)]
    found: Found,
}

/// A digit, or why there is none.
#[derive(Serialize)]
#[serde(untagged)]
enum Found {
    Digit { digit: u8, probability: f32, runner_up: u8, runner_up_probability: f32 },
    Nothing { digit: Option<u8>, reason: String },
}

/// Reads pictures in the order in which they are named.
pub struct Reader {
    recognizer: Recognizer,
    json: bool,
    lines: Lines,
    /// What the pictures show, as somebody says.
    labels: Option<Vec<u8>>,
    /// How many pictures there were so far.
    place: usize,
    /// Labels and readings of those that show a digit.
    asked_and_read: [Vec<u8>; 2],
    /// Whether one picture is all that is asked for.
    is_alone: bool,
    /// How many could not be read.
    left_out: usize,
}

impl Reader {
    /// Will answer in lines, of JSON or for people, and count which answers are right if there are labels.
    pub fn new(recognizer: Recognizer, labels: Option<Vec<u8>>, json: bool, is_alone: bool) -> Self {
        Self {
            recognizer,
            json,
            lines: Lines::default(),
            labels,
            place: 0,
            asked_and_read: Default::default(),
            is_alone,
            left_out: 0,
        }
    }

    /// Reads all pictures of a file or folder.
    pub fn read(&mut self, pictures: &Pictures) -> anyhow::Result<()> {
        for start in (0..pictures.len()).step_by(BATCH) {
            let shown = pictures.read(start..pictures.len().min(start + BATCH));
            let forms: Vec<u8> = shown.iter().filter_map(Shown::form).flatten().copied().collect();
            let readings = self.recognizer.read(&forms);
            let mut next = 0..;
            for shown in shown {
                let reading = shown.form().and_then(|_| next.next());
                self.answer(shown, reading.map(|i| (&readings, i)))?;
            }
            if self.lines.are_lost() && self.labels.is_none() {
                self.lines.end()?; // nobody waits for more
            }
        }
        Ok(())
    }

    /// Says what a picture shows, which is this reading where it shows something.
    fn answer(&mut self, shown: Shown, reading: Option<(&Readings, usize)>) -> anyhow::Result<()> {
        let label = self.labels.as_ref().map(|labels| labels[self.place]);
        self.place += 1;
        let found = match (shown.form, reading) {
            (Err(error), _) => return self.leave_out(error),
            (Ok(Err(reason)), _) => Found::Nothing { digit: None, reason: reason.to_string() },
            (Ok(Ok(_)), reading) => Found::of(reading.expect("a form has been read")),
        };
        if let (Some(label), Found::Digit { digit, .. }) = (label, &found) {
            let [asked, read] = &mut self.asked_and_read;
            asked.push(label);
            read.push(*digit);
        }
        let answer = Answer { file: &shown.name, found };
        self.lines.say(if self.json { in_json(&answer) } else { in_words(&answer) });
        Ok(())
    }

    /// Goes on without a picture or a folder that cannot be read, and says so; or ends where there is nothing to go on
    /// to.
    pub fn leave_out(&mut self, error: anyhow::Error) -> anyhow::Result<()> {
        if self.is_alone {
            return Err(error);
        }
        self.left_out += 1;
        note(format_args!("left out: {error:#}"));
        Ok(())
    }

    /// Says how many are read rightly, and draws which are not.
    pub fn compare(&self, confusion_file: Option<&Path>) -> anyhow::Result<()> {
        let Some(labels) = &self.labels else { return Ok(()) };
        let [asked, read] = &self.asked_and_read;
        let confusion = Confusion::of(asked, read, CLASSES)?;
        let (right, all) = (confusion.counts().diag().sum(), labels.len());
        note(format_args!("{right} of {all} are read rightly, {:.2} %", 100.0 * right as f64 / all as f64));
        if let Some(path) = confusion_file {
            confusion_picture(confusion.counts(), SCALE).write_png(path).context("--confusion")?;
            note(format_args!(
                "a row for each digit that is shown, a column for each that is read, in {}",
                path.display()
            ));
        }
        Ok(())
    }

    /// Whether all could be read, and all answers were taken.
    pub fn end(mut self) -> anyhow::Result<()> {
        ensure!(self.left_out == 0, "{} could not be read, and were left out as said above", self.left_out);
        Ok(self.lines.end()?)
    }
}

impl Found {
    /// The digit in the `i`-th of some pictures.
    fn of((readings, i): (&Readings, usize)) -> Self {
        let [digit, runner_up, ..] = readings.ranking(i);
        let [probability, runner_up_probability] =
            [digit, runner_up].map(|digit| readings.probabilities[[i, usize::from(digit)]]);
        Found::Digit { digit, probability, runner_up, runner_up_probability }
    }
}

fn in_json(answer: &Answer<'_>) -> String {
    serde_json::to_string(answer).expect("plain values")
}

fn in_words(Answer { file, found }: &Answer<'_>) -> String {
    match found {
        Found::Digit { digit, probability, runner_up, runner_up_probability } => {
            let [first, second] = [probability, runner_up_probability].map(|p| 100.0 * p);
            format!("{file}  {digit}  {first:.1} %   (then {runner_up}, {second:.1} %)")
        }
        Found::Nothing { reason, .. } => format!("{file}  no digit: {reason}"),
    }
}
