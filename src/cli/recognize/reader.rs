//! Reading pictures, a few at a time, and saying at once what they show.

use super::answer::{Answer, At, Found, lines};
use super::drawing::drawing;
use super::pictures::{Pictures, Shape, Shown, shapes_of};
use crate::cli::say::{Lines, note};
use crate::data::{CLASSES, Grey};
use crate::metrics::Confusion;
use crate::recognizer::{CalibratedRecognizer, Reading};
use crate::run::confusion_picture;
use anyhow::{Context, ensure};
use std::path::Path;

/// Pictures that are read together: enough for all threads, few enough that the first answer comes at once.
const BATCH: usize = 64;
/// Enlargement of the confusion matrix.
const SCALE: usize = 2;

/// Reads pictures in the order in which they are named.
pub struct Reader {
    recognizer: CalibratedRecognizer,
    json: bool,
    lines: Lines,
    /// What the pictures show, as somebody says.
    labels: Option<Vec<u8>>,
    /// How many pictures there were so far.
    place: usize,
    /// Labels and readings of those that show one digit.
    asked_and_read: [Vec<u8>; 2],
    /// How many show nothing that is a digit.
    refused: usize,
    /// Whether one picture is all that is asked for.
    is_alone: bool,
    /// How many could not be read.
    left_out: usize,
}

impl Reader {
    /// Will answer in lines, of JSON or for people, and count which answers are right if there are labels.
    pub fn new(recognizer: CalibratedRecognizer, labels: Option<Vec<u8>>, json: bool, is_alone: bool) -> Self {
        Self {
            recognizer,
            json,
            lines: Lines::default(),
            labels,
            place: 0,
            asked_and_read: Default::default(),
            refused: 0,
            is_alone,
            left_out: 0,
        }
    }

    /// Reads all pictures of a file or folder.
    pub fn read(&mut self, pictures: &Pictures) -> anyhow::Result<()> {
        for start in (0..pictures.len()).step_by(BATCH) {
            let shown = pictures.read(start..pictures.len().min(start + BATCH));
            let readings = self.readings(shown.iter().flat_map(Shown::shapes));
            let mut next = readings.iter();
            for shown in shown {
                let own: Vec<&Reading> = next.by_ref().take(shown.shapes().len()).collect();
                self.answer(shown, &own)?;
            }
            if self.lines.are_lost() && self.labels.is_none() {
                self.lines.end()?; // nobody waits for more
            }
        }
        Ok(())
    }

    fn readings<'s>(&self, shapes: impl Iterator<Item = &'s Shape>) -> Vec<Reading> {
        let forms: Vec<u8> = shapes.flat_map(|shape| shape.form).collect();
        self.recognizer.read(&forms)
    }

    /// Says what a picture shows, which are these readings, one for each of its shapes.
    fn answer(&mut self, shown: Shown, readings: &[&Reading]) -> anyhow::Result<()> {
        let label = self.labels.as_ref().map(|labels| labels[self.place]);
        self.place += 1;
        let found: Vec<_> = match &shown.figures {
            Err(_) => return self.leave_out(shown.figures.err().expect("just seen")),
            Ok(Err(reason)) => vec![(Found::Nothing { reason: reason.to_string() }, None)],
            Ok(Ok(shapes)) => {
                shapes.iter().zip(readings).map(|(s, reading)| (Found::of(s, reading), At::of(s))).collect()
            }
        };
        let digits: Vec<u8> = found.iter().filter_map(|(found, _)| found.digit()).collect();
        if let (Some(label), [digit]) = (label, &*digits) {
            let [asked, read] = &mut self.asked_and_read;
            asked.push(label);
            read.push(*digit);
        }
        self.refused += usize::from(digits.is_empty());
        let answers = found.into_iter().map(|(found, place)| Answer { file: &shown.name, found, place });
        lines(&answers.collect::<Vec<_>>(), self.json).into_iter().for_each(|line| self.lines.say(line));
        Ok(())
    }

    /// Draws what is read in a picture into a file.
    pub fn draw(&self, file: &Path, into: &Path) -> anyhow::Result<()> {
        let picture = Grey::read(file)?;
        let shapes = shapes_of(&picture).unwrap_or_default();
        let readings = self.readings(shapes.iter());
        let found = shapes.iter().zip(&readings);
        let found: Vec<_> =
            found.filter_map(|(shape, reading)| Some((At::of(shape)?, Found::of(shape, reading)))).collect();
        drawing(&picture, &found).write_png(into).context("--draw")?;
        note(format_args!("what was read is marked in {}", into.display()));
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
        let refused = match self.refused {
            0 => String::new(),
            refused => format!("; {refused} show no digit that the recognizer knows"),
        };
        note(format_args!("{right} of {all} are read rightly, {:.2} %{refused}", 100.0 * right as f64 / all as f64));
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
