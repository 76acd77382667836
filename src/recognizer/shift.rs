//! Digits a little off their place.

/// Writes an image `[height, width]` into `out`, moved down and right by `[dy, dx]` pixels (negative: up and
/// left), numbers 0 black to 1 white. What leaves the image is lost, what comes in is black.
///
/// # Panics
/// When the lengths do not fit the shape.
pub fn shifted(image: &[u8], [height, width]: [usize; 2], [dy, dx]: [i32; 2], out: &mut [f32]) {
    assert!(
        image.len() == height * width && out.len() == image.len(),
        "shifted: {} bytes and {} numbers for [{height}, {width}]",
        image.len(),
        out.len()
    );
    let from = |to: usize, by: i32, length: usize| to.checked_add_signed(-by as isize).filter(|&from| from < length);
    for (y, row) in out.chunks_exact_mut(width).enumerate() {
        let source = from(y, dy, height).map(|y| &image[y * width..][..width]);
        for (x, number) in row.iter_mut().enumerate() {
            let byte = source.zip(from(x, dx, width)).map_or(0, |(source, x)| source[x]);
            *number = f32::from(byte) / 255.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(by: [i32; 2]) -> [f32; 6] {
        let mut out = [f32::NAN; 6];
        shifted(&[255, 0, 51, 0, 102, 204], [2, 3], by, &mut out);
        out
    }

    #[test]
    fn pixels_move_and_what_comes_in_is_black() {
        assert_eq!(moved([0, 0]), [1.0, 0.0, 0.2, 0.0, 0.4, 0.8]);
        assert_eq!(moved([1, 0]), [0.0, 0.0, 0.0, 1.0, 0.0, 0.2]);
        assert_eq!(moved([-1, 1]), [0.0, 0.0, 0.4, 0.0, 0.0, 0.0]);
        assert_eq!(moved([0, -2]), [0.2, 0.0, 0.0, 0.8, 0.0, 0.0]);
        assert_eq!(moved([2, 0]), [0.0; 6]);
    }
}
