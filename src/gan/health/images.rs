//! How much images differ.

/// The variance among images `[n, pixels]`, summed over their pixels: half the mean squared distance between
/// two of them.
pub(super) fn variance(images: &[f32], pixels: usize) -> f64 {
    let count = (images.len() / pixels) as f64;
    let of_pixel = |pixel: usize| {
        let values = || images.iter().skip(pixel).step_by(pixels).map(|&x| f64::from(x));
        let mean = values().sum::<f64>() / count;
        values().map(|x| (x - mean).powi(2)).sum::<f64>() / count
    };
    (0..pixels).map(of_pixel).sum()
}

/// The squared distance between two images.
fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a - b).powi(2)).sum()
}

/// The distance from an image to the one of the others, `[n, pixels]`, that is nearest to it; the mean of all.
pub(super) fn distance_to_nearest(images: &[f32], pixels: usize) -> f64 {
    let images: Vec<&[f32]> = images.chunks_exact(pixels).collect();
    let nearest = |i: usize| {
        let others = (0..images.len()).filter(|&j| j != i);
        others.map(|j| squared_distance(images[i], images[j])).fold(f64::INFINITY, f64::min).sqrt()
    };
    (0..images.len()).map(nearest).sum::<f64>() / images.len() as f64
}

/// The mean squared distance from each image to that in its place among others, `[n, pixels]`.
pub(super) fn mean_change(images: &[f32], others: &[f32], pixels: usize) -> f64 {
    squared_distance(images, others) * pixels as f64 / images.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_images_by_hand() {
        let images = [0.0, 0.0, 3.0, 4.0, 3.0, 5.0];
        assert_eq!(distance_to_nearest(&images, 2), (5.0 + 1.0 + 1.0) / 3.0);
        assert_eq!(variance(&images, 2), 2.0 + 14.0 / 3.0);
        assert_eq!(mean_change(&images, &[1.0, 0.0, 3.0, 4.0, 3.0, 3.0], 2), 5.0 / 3.0);
    }
}
