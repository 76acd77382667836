//! A run as TensorBoard reads it: scalars and sample images in an event file.

use super::recorder::preview;
use crate::data::WriteError;
use crate::gan::{EpochEnd, Norm, Observer, ObserverError, StepEnd};
use prost::Message;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Writes `events.out.tfevents.SECONDS.twoplayer` into a run's directory, which must be there when training begins (the
/// [`Recorder`](super::Recorder) makes it, so it must be told first).
pub struct TensorBoard {
    root: PathBuf,
    open: Option<(PathBuf, File)>,
}

/// tensorflow/core/util/event.proto, as far as it is used.
#[derive(Clone, PartialEq, Message)]
struct Event {
    /// Seconds since 1970.
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    /// Of the first event alone.
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

/// tensorflow/core/framework/summary.proto.
#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

/// One scalar or one image.
#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
    #[prost(message, optional, tag = "4")]
    image: Option<Image>,
}

#[derive(Clone, PartialEq, Message)]
struct Image {
    #[prost(int32, tag = "1")]
    height: i32,
    #[prost(int32, tag = "2")]
    width: i32,
    /// 1 grey, 3 red, green and blue.
    #[prost(int32, tag = "3")]
    colorspace: i32,
    #[prost(bytes = "vec", tag = "4")]
    encoded_image_string: Vec<u8>,
}

impl TensorBoard {
    /// Will write into the run's directory here, scalars at the steps that have a row in metrics.csv.
    pub fn new(root: &Path) -> Self {
        Self { root: root.into(), open: None }
    }

    /// Writes an event; the first makes the file.
    fn write(&mut self, step: u64, value: Vec<Value>) -> Result<(), WriteError> {
        let wall_time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
        if self.open.is_none() {
            let path = self.root.join(format!("events.out.tfevents.{wall_time:.0}.twoplayer"));
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let file = file.map_err(|reason| WriteError { path: path.clone(), reason })?;
            let first = Event { wall_time, file_version: Some("brain.Event:2".into()), ..Event::default() };
            append(self.open.insert((path, file)), &first)?;
        }
        let event = Event { wall_time, step: step as i64, file_version: None, summary: Some(Summary { value }) };
        append(self.open.as_mut().expect("made above"), &event)
    }
}

/// Appends a record: its length, the length's checksum, the event, the event's checksum
/// (tensorflow/core/lib/io/record_writer.h).
fn append((path, file): &mut (PathBuf, File), event: &Event) -> Result<(), WriteError> {
    let event = event.encode_to_vec();
    let length = (event.len() as u64).to_le_bytes();
    let record = [&length[..], &masked_checksum(&length), &event, &masked_checksum(&event)].concat();
    file.write_all(&record).map_err(|reason| WriteError { path: path.clone(), reason })
}

/// CRC-32C, turned and shifted, for a checksum of data that holds checksums tells little.
fn masked_checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

fn scalar(tag: impl Into<String>, value: f64) -> Value {
    Value { tag: tag.into(), simple_value: Some(value as f32), image: None }
}

impl Observer for TensorBoard {
    fn step_end(&mut self, StepEnd { step, scores, norms, .. }: &StepEnd<'_>) -> Result<(), ObserverError> {
        let Some(norms) = norms else { return Ok(()) };
        let mut values = vec![
            scalar("loss/discriminator", scores.discriminator_loss),
            scalar("loss/generator", scores.generator_loss),
            scalar("score/real", scores.real),
            scalar("score/generated", scores.fake),
        ];
        for Norm { parameter, gradient, value } in norms.each_ref().into_iter().flatten() {
            values.push(scalar(format!("gradient/{parameter}"), *gradient));
            values.push(scalar(format!("parameter/{parameter}"), *value));
        }
        Ok(self.write(*step, values)?)
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        let picture = preview(epoch, 1);
        let [height, width, channels] = picture.shape().map(|extent| extent as i32);
        let image = Image { height, width, colorspace: channels, encoded_image_string: picture.encode_png() };
        let samples = Value { tag: "samples".into(), simple_value: None, image: Some(image) };
        Ok(self.write(epoch.step, vec![samples])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a file, each checked against its checksums.
    fn read(mut bytes: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_at(8);
            let size = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            assert_eq!(rest[..4], masked_checksum(length));
            let event = &rest[4..][..size];
            assert_eq!(rest[4 + size..][..4], masked_checksum(event));
            events.push(Event::decode(event).unwrap());
            bytes = &rest[8 + size..];
        }
        events
    }

    #[test]
    fn events_are_framed_and_hold_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::new(directory.path());
        board.write(3, vec![scalar("loss", 0.5)]).unwrap();
        board.write(4, vec![scalar("loss", 0.25), scalar("score", 1.0)]).unwrap();
        let file = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        let events = read(&std::fs::read(file).unwrap());
        assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
        assert_eq!((events[1].step, events.len()), (3, 3));
        assert_eq!(events[2].summary.as_ref().unwrap().value, [scalar("loss", 0.25), scalar("score", 1.0)]);
    }

    #[test]
    fn the_checksum_is_tensorflows() {
        // crc32c of "123456789" is 0xe3069283 (RFC 3720, appendix B.4, has others of the same polynomial).
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(
            masked_checksum(b"123456789"),
            (0xe306_9283u32.rotate_right(15).wrapping_add(0xa282_ead8)).to_le_bytes()
        );
    }
}
