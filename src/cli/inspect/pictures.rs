//! The insides as pictures.

use super::legends;
use super::subject::Subject;
use crate::gan::input_gradients;
use crate::nn::Parameter;
use crate::run::{Grid, Picture};
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

/// What is drawn.
pub(super) const NAMES: [&str; 2] = ["filters.png", "gradients.png"];

/// Draws filters.png and gradients.png.
pub(super) fn draw(directory: &Path, subject: &Subject) -> anyhow::Result<()> {
    let filters = filters(subject)?;
    let gradients = legends::gradients().around(&gradients(subject)?);
    fs::create_dir_all(directory).with_context(|| format!("{}: cannot create this directory", directory.display()))?;
    filters.write_png(&directory.join("filters.png"))?;
    gradients.write_png(&directory.join("gradients.png"))?;
    Ok(())
}

/// The weights that look at images, one tile a unit: red above 0, blue below. Its legend says so.
fn filters(subject: &Subject) -> anyhow::Result<Picture> {
    let first = &subject.discriminator.parameters[0];
    let image = subject.config.image_shape();
    let (tiles, [height, width]) = tiles(first, image);
    let tiles: Vec<Vec<u8>> = tiles.iter().map(|tile| signed(tile)).collect();
    let (columns, scale) = (COLUMNS.min(tiles.len()), SCALE * 28usize.div_ceil(height));
    let grid = Grid::new(tiles.len(), [height, width, 3], columns, scale).context("filters.png")?;
    let legend = legends::filters(first.value.shape(), tiles.len(), image);
    Ok(legend.around(&grid.draw(tiles.iter().map(Vec::as_slice))))
}

/// The weights of the first units of the discriminator's first layer over the image (of the first colour), and their
/// `[height, width]`. Where it looks at something else, one tile: the first weights of the first units, a row a unit.
fn tiles(weight: &Parameter, [height, width, channels]: [usize; 3]) -> (Vec<Vec<f32>>, [usize; 2]) {
    /// Rows and columns of that tile.
    const SIDES: [usize; 2] = [256, 1024];
    let numbers: Vec<f32> = weight.value.iter().copied().collect();
    match *weight.value.shape() {
        // [kernel, kernel, in, out]
        [rows, columns, inputs, units] => {
            let tile = |unit: usize| (0..rows * columns).map(|place| numbers[place * inputs * units + unit]).collect();
            ((0..units.min(COLUMNS * ROWS)).map(tile).collect(), [rows, columns])
        }
        // [out, in], and in is the image.
        [_, inputs] if inputs == height * width * channels => {
            let tile = |row: &[f32]| row.iter().step_by(channels).copied().collect();
            (numbers.chunks(inputs).take(COLUMNS * ROWS).map(tile).collect(), [height, width])
        }
        _ => {
            let units = weight.value.shape().first().copied().unwrap_or(1);
            let inputs = numbers.len() / units;
            let sides = [units.min(SIDES[0]), inputs.min(SIDES[1])];
            (vec![numbers.chunks(inputs).take(sides[0]).flat_map(|row| &row[..sides[1]]).copied().collect()], sides)
        }
    }
}

/// Digits, and under each how its pixels move the discriminator's score.
fn gradients(subject: &Subject) -> anyhow::Result<Picture> {
    let [height, width, channels] = subject.config.image_shape();
    let pixels = height * width * channels;
    let count = DIGITS.min(subject.real.0.len() / pixels);
    let grid = Grid::new(4 * count, [height, width, 3], count, SCALE).context("gradients.png")?;
    let mut rows = Vec::new();
    for (images, labels) in [&subject.real, &subject.generated] {
        let images = &images[..count * pixels];
        let gradients = input_gradients(&subject.discriminator, images, &labels[..labels.len().min(count)]);
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
    Ok(grid.draw(rows.iter().map(Vec::as_slice)))
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
        let (found, shape) = tiles(&dense, [1, 1, 1]); // of something that is no image: all of it
        assert_eq!((found.len(), found[0].len(), shape), (1, 8, [2, 4]));
        let wide = Parameter::new("w", ndarray::ArrayD::zeros(vec![512, 16_464]));
        assert_eq!(tiles(&wide, [28, 28, 1]).1, [256, 1024]);
    }
}
