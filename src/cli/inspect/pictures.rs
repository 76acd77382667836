//! The insides as pictures.

use super::Subject;
use crate::gan::input_gradients;
use crate::nn::Parameter;
use crate::run::{Picture, grid};
use anyhow::Context;
use std::fs;
use std::path::Path;

/// Pixels of the picture to a number.
const SCALE: usize = 3;
/// Filters in a row, and at most so many rows.
const COLUMNS: usize = 16;
const ROWS: usize = 8;
/// Digits whose gradients are shown: so many real ones, and as many generated.
const DIGITS: usize = 12;

/// Draws filters.png and gradients.png.
pub(super) fn draw(directory: &Path, subject: &Subject) -> anyhow::Result<()> {
    fs::create_dir_all(directory).with_context(|| format!("{}: cannot create this directory", directory.display()))?;
    filters(subject).write_png(&directory.join("filters.png"))?;
    gradients(subject).write_png(&directory.join("gradients.png"))?;
    Ok(())
}

/// The weights that look at images, one tile a unit: red above 0, blue below.
fn filters(subject: &Subject) -> Picture {
    let first = &subject.discriminator.parameters[0];
    let (tiles, shape) = tiles(first, subject.config.image_shape());
    let tiles: Vec<Vec<u8>> = tiles.iter().take(COLUMNS * ROWS).map(|tile| signed(tile)).collect();
    let [height, width] = shape;
    grid(
        tiles.iter().map(Vec::as_slice),
        [height, width, 3],
        COLUMNS.min(tiles.len()),
        SCALE * 28usize.div_ceil(height).max(1),
    )
}

/// The weights of each unit of the discriminator's first layer over the image (of the first colour), and their
/// `[height, width]`.
fn tiles(weight: &Parameter, [height, width, channels]: [usize; 3]) -> (Vec<Vec<f32>>, [usize; 2]) {
    let numbers: Vec<f32> = weight.value.iter().copied().collect();
    match *weight.value.shape() {
        // [kernel, kernel, in, out]
        [rows, columns, inputs, units] => {
            let tile = |unit: usize| (0..rows * columns).map(|place| numbers[place * inputs * units + unit]).collect();
            ((0..units).map(tile).collect(), [rows, columns])
        }
        // [out, in], and in is the image.
        [_, inputs] if inputs == height * width * channels => {
            let tile = |row: &[f32]| row.iter().step_by(channels).copied().collect();
            (numbers.chunks(inputs).map(tile).collect(), [height, width])
        }
        _ => (vec![numbers.clone()], [1, numbers.len()]),
    }
}

/// Digits, and under each how its pixels move the discriminator's score.
fn gradients(subject: &Subject) -> Picture {
    let [height, width, channels] = subject.config.image_shape();
    let pixels = height * width * channels;
    let mut rows = Vec::new();
    for (images, labels) in [&subject.real, &subject.generated] {
        let images = &images[..DIGITS * pixels];
        let gradients = input_gradients(&subject.discriminator, images, &labels[..labels.len().min(DIGITS)]);
        let shown = subject.bytes(images);
        let in_colour = |tile: &[u8]| -> Vec<u8> {
            tile.chunks(channels)
                .flat_map(|pixel| if channels == 3 { [pixel[0], pixel[1], pixel[2]] } else { [pixel[0]; 3] })
                .collect()
        };
        rows.extend(shown.chunks(pixels).map(in_colour));
        let summed = |tile: &[f32]| tile.chunks(channels).map(|pixel| pixel.iter().sum()).collect::<Vec<f32>>();
        rows.extend(gradients.chunks(pixels).map(|tile| signed(&summed(tile))));
    }
    grid(rows.iter().map(Vec::as_slice), [height, width, 3], DIGITS, SCALE)
}

/// Numbers in colour, `[n × 3]`: white where they are 0, red as far as they are above it, blue below; full at the largest.
fn signed(numbers: &[f32]) -> Vec<u8> {
    let largest = numbers.iter().fold(0.0f32, |largest, x| largest.max(x.abs())).max(f32::MIN_POSITIVE);
    let colour = |&x: &f32| {
        let faded = (255.0 * (1.0 - x.abs() / largest)).round() as u8;
        if x >= 0.0 { [255, faded, faded] } else { [faded, faded, 255] }
    };
    numbers.iter().flat_map(colour).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn red_is_above_zero_and_blue_below() {
        assert_eq!(signed(&[2.0, -2.0, 0.0, 1.0]), [255, 0, 0, 0, 0, 255, 255, 255, 255, 255, 128, 128]);
    }

    #[test]
    fn a_tile_is_what_a_unit_sees() {
        let kernel: Vec<f32> = (0..2 * 2 * 3).map(|i| i as f32).collect();
        let conv = Parameter::new("w", ndarray::ArrayD::from_shape_vec(vec![2, 2, 1, 3], kernel).unwrap());
        let (found, shape) = tiles(&conv, [28, 28, 1]);
        assert_eq!((found[1].as_slice(), shape, found.len()), (&[1.0, 4.0, 7.0, 10.0][..], [2, 2], 3));
        let dense = Parameter::new(
            "w",
            ndarray::ArrayD::from_shape_vec(vec![2, 4], (0..8).map(|i| i as f32).collect()).unwrap(),
        );
        let (found, shape) = tiles(&dense, [2, 2, 1]);
        assert_eq!((found[1].as_slice(), shape), (&[4.0, 5.0, 6.0, 7.0][..], [2, 2]));
    }
}
