//! The MNIST files of the source tree are what they are said to be.

use twoplayer::data::{Digits, Split, Verdict, inspect, locate};

#[test]
fn the_source_tree_holds_mnist_itself() {
    let reports = inspect(&locate(None).unwrap()).unwrap();
    let shapes: Vec<&[usize]> = reports.iter().map(|report| &report.shape[..]).collect();
    assert_eq!(shapes, [&[60_000, 28, 28][..], &[60_000], &[10_000, 28, 28], &[10_000]]);
    for report in &reports {
        assert_eq!(report.verdict, Verdict::Mnist, "{}", report.path.display());
    }
}

#[test]
fn images_and_labels_go_together() {
    let directory = locate(None).unwrap();
    for (split, count, first_labels) in
        [(Split::Train, 60_000, [5, 0, 4, 1, 9]), (Split::Test, 10_000, [7, 2, 1, 0, 4])]
    {
        let digits = Digits::load(&directory, split).unwrap();
        assert_eq!((digits.len(), digits.height(), digits.width()), (count, 28, 28));
        assert_eq!(digits.labels()[..5], first_labels);
        // Every image has ink, and its corners have none.
        for index in 0..digits.len() {
            let image = digits.image(index);
            assert!(image.iter().any(|&pixel| pixel > 127), "{split:?} {index}");
            assert_eq!([image[0], image[783]], [0, 0], "{split:?} {index}");
        }
    }
}
