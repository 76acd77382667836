//! A recognizer that learns from what another one makes of pictures.

use super::Recognizer;
use crate::data::Digits;

/// How probable the teacher must find its answer.
const SURE: f32 = 0.9;

/// What a student learns from: those pictures that the teacher is sure of, its answers in place of labels, and the digits whose
/// labels are known. Of `pictures` the labels are not looked at.
///
/// What a teacher has learned from few labels it has learned by agreeing with itself, and so with its own mistakes. A new
/// network that learns from its answers meets those it is unsure of for the first time when it is asked: it reads more of
/// them rightly than the teacher (Lee 2013, *Pseudo-Label*; Xie et al. 2020, *Self-training with Noisy Student*, section 2).
pub fn taught(teacher: &Recognizer, pictures: &Digits, labelled: &Digits) -> Digits {
    let readings = teacher.read(pictures.images());
    let (mut images, mut labels) = (labelled.images().to_vec(), labelled.labels().to_vec());
    for (i, digit) in readings.digits().into_iter().enumerate() {
        if readings.probabilities[[i, usize::from(digit)]] > SURE {
            images.extend_from_slice(pictures.image(i));
            labels.push(digit);
        }
    }
    Digits::new(images, labels, pictures.height(), pictures.width())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::CLASSES;
    use crate::nn::{LayerSpec, UnitActivation};
    use crate::recognizer::{RecognizerConfig, train_recognizer};

    /// Ten of each class, whose row of ten pixels is bright.
    fn rows(labels: &[u8]) -> Digits {
        let pixel = |class: usize, at: usize| if at / CLASSES == class { 255 } else { 0 };
        let image = |i: usize| (0..CLASSES * CLASSES).map(move |at| pixel(i % CLASSES, at));
        Digits::new((0..labels.len()).flat_map(image).collect(), labels.to_vec(), CLASSES, CLASSES)
    }

    #[test]
    fn a_student_is_taught_what_its_teacher_is_sure_of_whatever_the_labels() {
        let right: Vec<u8> = (0..100).map(|i| i % 10).collect();
        let features = vec![LayerSpec::dense(16, UnitActivation::Relu)];
        let config = RecognizerConfig {
            steps: 400,
            batch_size: 50,
            shift: 0,
            image_shape: [10, 10],
            features,
            ..Default::default()
        };
        let pictures = rows(&right);
        let teacher = train_recognizer(&config, &[&pictures], &mut |_| Ok(())).unwrap();
        let labelled = pictures.first(20);
        let lessons = taught(&teacher, &pictures, &labelled);
        assert_eq!((lessons.len(), &lessons.labels()[..20]), (120, labelled.labels()));
        assert_eq!(&lessons.labels()[20..], right);
        let parts = |digits: &Digits| (digits.images().to_vec(), digits.labels().to_vec());
        let without = taught(&teacher, &rows(&[7; 100]), &labelled);
        assert_eq!(parts(&lessons), parts(&without), "labels were looked at");
        // Whoever knows nothing teaches nothing.
        assert_eq!(taught(&Recognizer::new(&config).unwrap(), &pictures, &labelled).len(), 20);
    }
}
