//! A run as TensorBoard reads it: scalars and sample images in an event file.

use super::recorder::preview;
use crate::data::WriteError;
use crate::gan::{EpochEnd, Norm, Observer, ObserverError, StepEnd};
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

/// A protocol buffer, as far as one is used here: each field is its number and its kind, then its value
/// (protobuf.dev/programming-guides/encoding).
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    /// Seven bits a byte, the lowest first; all but the last have the eighth set.
    fn varint(mut self, mut number: u64) -> Self {
        while number >= 128 {
            self.0.push(number as u8 | 128);
            number >>= 7;
        }
        self.0.push(number as u8);
        self
    }

    fn integer(self, field: u64, value: u64) -> Self {
        self.varint(field << 3).varint(value)
    }

    fn double(self, field: u64, value: f64) -> Self {
        self.varint(field << 3 | 1).raw(&value.to_le_bytes())
    }

    fn float(self, field: u64, value: f32) -> Self {
        self.varint(field << 3 | 5).raw(&value.to_le_bytes())
    }

    /// A text, or a message in the message.
    fn bytes(self, field: u64, value: &[u8]) -> Self {
        self.varint(field << 3 | 2).varint(value.len() as u64).raw(value)
    }

    fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend(bytes);
        self
    }
}

/// An `Event` of tensorflow/core/util/event.proto, with its `Summary` of tensorflow/core/framework/summary.proto;
/// `seconds` are since 1970.
fn event(seconds: f64, step: u64, values: &[Message]) -> Message {
    let summary = values.iter().fold(Message::default(), |summary, value| summary.bytes(1, &value.0));
    Message::default().double(1, seconds).integer(2, step).bytes(5, &summary.0)
}

/// The event that every file begins with.
fn version(seconds: f64) -> Message {
    Message::default().double(1, seconds).bytes(3, b"brain.Event:2")
}

/// A value of a summary: one number.
fn scalar(tag: &str, value: f64) -> Message {
    Message::default().bytes(1, tag.as_bytes()).float(2, value as f32)
}

/// A value of a summary: one picture, its colours 1 for grey, 3 for red, green and blue.
fn image(tag: &str, [height, width, colours]: [usize; 3], png: &[u8]) -> Message {
    let image = Message::default().integer(1, height as u64).integer(2, width as u64).integer(3, colours as u64);
    Message::default().bytes(1, tag.as_bytes()).bytes(4, &image.bytes(4, png).0)
}

impl TensorBoard {
    /// Will write into the run's directory here, scalars at the steps that have a row in metrics.csv.
    pub fn new(root: &Path) -> Self {
        Self { root: root.into(), open: None }
    }

    /// Writes an event; the first makes the file.
    fn write(&mut self, step: u64, values: &[Message]) -> Result<(), WriteError> {
        let wall_time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |time| time.as_secs_f64());
        if self.open.is_none() {
            let path = self.root.join(format!("events.out.tfevents.{wall_time:.0}.twoplayer"));
            let file = OpenOptions::new().create(true).append(true).open(&path);
            let file = file.map_err(|reason| WriteError { path: path.clone(), reason })?;
            append(self.open.insert((path, file)), &version(wall_time))?;
        }
        append(self.open.as_mut().expect("made above"), &event(wall_time, step, values))
    }
}

/// Appends a record: its length, the length's checksum, the event, the event's checksum
/// (tensorflow/core/lib/io/record_writer.h).
fn append((path, file): &mut (PathBuf, File), Message(event): &Message) -> Result<(), WriteError> {
    let length = (event.len() as u64).to_le_bytes();
    let record = [&length[..], &masked_checksum(&length), event, &masked_checksum(event)].concat();
    file.write_all(&record).map_err(|reason| WriteError { path: path.clone(), reason })
}

/// CRC-32C, turned and shifted, for a checksum of data that holds checksums tells little.
fn masked_checksum(bytes: &[u8]) -> [u8; 4] {
    crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

/// The remainder of a division by Castagnoli's polynomial, bit by bit (RFC 3720, appendix B.4).
fn crc32c(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0x82f6_3b78 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), bit))
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
            values.push(scalar(&format!("gradient/{parameter}"), *gradient));
            values.push(scalar(&format!("parameter/{parameter}"), *value));
        }
        Ok(self.write(*step, &values)?)
    }

    fn epoch_end(&mut self, epoch: &EpochEnd<'_>) -> Result<(), ObserverError> {
        let picture = preview(epoch, 1);
        Ok(self.write(epoch.step, &[image("samples", picture.shape(), &picture.encode_png())])?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_by_hand() {
        let loss = b"\x0a\x04loss\x15\x00\x00\x80\x3e"; // a text of four, and 0.25
        let expected = [b"\x09\0\0\0\0\0\0\xe0\x3f\x10\xac\x02\x2a\x0d\x0a\x0b", &loss[..]].concat(); // at 0.5, of step 300
        assert_eq!(event(0.5, 300, &[scalar("loss", 0.25)]).0, expected);
        assert_eq!(version(0.5).0, b"\x09\0\0\0\0\0\0\xe0\x3f\x1a\x0dbrain.Event:2");
        let picture = image("samples", [2, 200, 3], b"PNG").0;
        assert_eq!(picture, b"\x0a\x07samples\x22\x0c\x08\x02\x10\xc8\x01\x18\x03\x22\x03PNG");
    }

    /// The events of a file, each checked against its checksums.
    fn read(mut bytes: &[u8]) -> Vec<&[u8]> {
        let mut events = Vec::new();
        while !bytes.is_empty() {
            let (length, rest) = bytes.split_at(8);
            let size = u64::from_le_bytes(length.try_into().unwrap()) as usize;
            assert_eq!(rest[..4], masked_checksum(length));
            let event = &rest[4..][..size];
            assert_eq!(rest[4 + size..][..4], masked_checksum(event));
            events.push(event);
            bytes = &rest[8 + size..];
        }
        events
    }

    #[test]
    fn events_are_framed_and_hold_what_was_written() {
        let directory = tempfile::tempdir().unwrap();
        let mut board = TensorBoard::new(directory.path());
        board.write(3, &[scalar("loss", 0.5)]).unwrap();
        board.write(4, &[scalar("loss", 0.25), scalar("score", 1.0)]).unwrap();
        let file = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
        let file = std::fs::read(file).unwrap();
        let seconds = |event: &[u8]| f64::from_le_bytes(event[1..9].try_into().unwrap());
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
        let [first, loss, both] = read(&file)[..] else { panic!("three events") };
        assert!([first, loss, both].iter().all(|event| (now - 60.0..=now).contains(&seconds(event))));
        assert_eq!(first, version(seconds(first)).0);
        assert_eq!(loss, event(seconds(loss), 3, &[scalar("loss", 0.5)]).0);
        assert_eq!(both, event(seconds(both), 4, &[scalar("loss", 0.25), scalar("score", 1.0)]).0);
    }

    #[test]
    fn the_checksum_is_tensorflows() {
        // The value that everybody gives; the other is RFC 3720's, appendix B.4.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
        assert_eq!(
            masked_checksum(b"123456789"),
            (0xe306_9283u32.rotate_right(15).wrapping_add(0xa282_ead8)).to_le_bytes()
        );
    }
}
