//! The rows of a run's CSV files, as they are written and read.

use crate::gan::{Norm, Scores};
use crate::metrics::Quality;
use serde::{Deserialize, Serialize, Serializer};

/// A row of metrics.csv; figures stand only in those of evaluated epochs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MetricsRow {
    /// How many steps had been made.
    pub step: u64,
    /// The epoch it belongs to, from 1.
    pub epoch: u64,
    /// The discriminator's loss.
    #[serde(serialize_with = "six_places")]
    pub discriminator_loss: f64,
    /// The generator's loss.
    #[serde(serialize_with = "six_places")]
    pub generator_loss: f64,
    /// The mean [score](crate::gan::Objective::score) of real images, `D(x)`.
    #[serde(serialize_with = "six_places")]
    pub d_real: f64,
    /// That of generated images, `D(G(z))`.
    #[serde(serialize_with = "six_places")]
    pub d_fake: f64,
    /// The Fréchet distance.
    #[serde(default, serialize_with = "four_places")]
    pub frechet: Option<f64>,
    /// Improved precision, in [0, 1].
    #[serde(default, serialize_with = "four_places")]
    pub precision: Option<f64>,
    /// Improved recall, in [0, 1].
    #[serde(default, serialize_with = "four_places")]
    pub recall: Option<f64>,
    /// The share of images that show the digit asked for, in [0, 1].
    #[serde(default, serialize_with = "four_places")]
    pub agreement: Option<f64>,
    /// How many digits those figures are of; where it is not said, as many as there are test digits.
    #[serde(default)]
    pub evaluated: Option<u64>,
}

/// A row of norms.csv.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct NormRow {
    /// How many steps had been made.
    pub step: u64,
    /// Whose norms.
    pub parameter: String,
    /// That of its gradient.
    #[serde(serialize_with = "scientific")]
    pub gradient: f64,
    /// Its own.
    #[serde(serialize_with = "scientific")]
    pub value: f64,
}

/// A row of reading.csv.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReadingRow {
    /// How many steps had been made.
    pub step: u64,
    /// The mean cross-entropy of the images with labels, in nats.
    #[serde(serialize_with = "six_places")]
    pub loss: f64,
    /// The share of them that was read rightly, in [0, 1].
    #[serde(serialize_with = "six_places")]
    pub accuracy: f64,
    /// The share of the images without labels that the discriminator was sure of, in [0, 1].
    #[serde(serialize_with = "six_places")]
    pub sure: f64,
}

/// A row of times.csv.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeRow {
    /// How many steps had been made.
    pub step: u64,
    /// In so many seconds of training.
    #[serde(serialize_with = "three_places")]
    pub seconds: f64,
}

/// How many columns of metrics.csv have figures of evaluated epochs, the last ones: a run that was begun without them
/// goes on without them.
pub(super) const FIGURES: usize = 5;

impl MetricsRow {
    /// That of a step with these scores, and, at the end of an epoch that was evaluated, with these figures.
    pub(super) fn new(step: u64, epoch: u64, scores: &Scores, quality: Option<&Quality>) -> Self {
        let &Scores { discriminator_loss, generator_loss, real: d_real, fake: d_fake, .. } = scores;
        let row = Self { step, epoch, discriminator_loss, generator_loss, d_real, d_fake, ..Self::default() };
        match quality {
            None => row,
            Some(quality) => Self {
                frechet: Some(quality.frechet),
                precision: Some(quality.precision),
                recall: Some(quality.recall),
                agreement: quality.agreement.as_ref().map(|agreement| agreement.share),
                evaluated: Some(quality.images as u64),
                ..row
            },
        }
    }
}

impl NormRow {
    /// That of a parameter at a step.
    pub(super) fn new(step: u64, Norm { parameter, gradient, value }: &Norm) -> Self {
        Self { step, parameter: parameter.clone(), gradient: *gradient, value: *value }
    }
}

/// The names of a file's columns, but for so many of the last ones.
pub(super) fn header<R: Serialize + Default>(left_out: usize) -> String {
    let with_a_row = written(&R::default(), true);
    without_last(with_a_row.lines().next().unwrap_or_default(), left_out)
}

/// A row as it stands in its file, but for so many of the last columns.
pub(super) fn line<R: Serialize>(row: &R, left_out: usize) -> String {
    without_last(written(row, false).trim_end(), left_out)
}

/// The line of a row, perhaps with the header before it.
fn written<R: Serialize>(row: &R, header: bool) -> String {
    let mut writer = csv::WriterBuilder::new().has_headers(header).from_writer(Vec::new());
    writer.serialize(row).expect("a row has plain values");
    String::from_utf8(writer.into_inner().expect("nothing is on a disk")).expect("names and numbers")
}

fn without_last(line: &str, columns: usize) -> String {
    let kept = line.split(',').count().saturating_sub(columns);
    line.split(',').take(kept).collect::<Vec<_>>().join(",")
}

fn six_places<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:.6}"))
}

fn three_places<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:.3}"))
}

fn scientific<S: Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{number:.6e}"))
}

fn four_places<S: Serializer>(number: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.collect_str(&format_args!("{number:.4}")),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_columns_of_its_file() {
        let scores = Scores { discriminator_loss: 1.25, generator_loss: 1e-9, real: 0.5, fake: -0.25, reading: None };
        let mut quality = Quality {
            images: 1000,
            frechet: 2.5,
            precision: 0.9,
            recall: 0.8,
            density: 1.0,
            coverage: 1.0,
            shares: vec![0.1; 10],
            agreement: None,
        };
        let row = MetricsRow::new(7, 2, &scores, Some(&quality));
        assert_eq!(
            header::<MetricsRow>(0),
            "step,epoch,discriminator_loss,generator_loss,d_real,d_fake,frechet,precision,recall,agreement,evaluated"
        );
        assert_eq!(line(&row, 0), "7,2,1.250000,0.000000,0.500000,-0.250000,2.5000,0.9000,0.8000,,1000");
        assert_eq!(line(&row, FIGURES), "7,2,1.250000,0.000000,0.500000,-0.250000");
        assert_eq!(line(&MetricsRow::new(7, 2, &scores, None), 0), "7,2,1.250000,0.000000,0.500000,-0.250000,,,,,");
        quality.frechet = f64::NAN;
        assert!(line(&MetricsRow::new(7, 2, &scores, Some(&quality)), 0).contains(",NaN,"));
    }

    #[test]
    fn what_is_written_is_read() {
        let row = NormRow { step: 3, parameter: "generator.0.weight".into(), gradient: 1.5e-9, value: 20.0 };
        assert_eq!(header::<NormRow>(0), "step,parameter,gradient,value");
        let text = format!("{}\n{}\n", header::<NormRow>(0), line(&row, 0));
        assert_eq!(text.lines().nth(1), Some("3,generator.0.weight,1.500000e-9,2.000000e1"));
        let read: Vec<NormRow> =
            csv::Reader::from_reader(text.as_bytes()).into_deserialize().map(Result::unwrap).collect();
        assert_eq!(read, [row]);
        assert_eq!(line(&TimeRow { step: 3, seconds: 0.0625 }, 0), "3,0.062");
    }
}
