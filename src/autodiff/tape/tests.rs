use super::*;
use ndarray::array;

#[test]
fn a_shared_value_is_the_lenders_own_again_after_a_reset() {
    let mut tape = Tape::<f32>::new();
    let mut weight = array![1.0, 2.0].into_dyn().into_shared();
    let address = weight.as_ptr();
    let doubled = tape.share(&weight) + tape.share(&weight);
    assert_eq!(doubled.value(), array![2.0, 4.0].into_dyn());
    assert!(!weight.is_unique());
    tape.reset();
    weight[[0]] = 5.0;
    assert_eq!(weight.as_ptr(), address, "it is changed in place");
}

#[test]
fn the_second_step_uses_the_buffers_of_the_first() {
    let mut tape = Tape::<f32>::new();
    let step = |tape: &Tape| {
        let x = tape.fill(&[64], |x| x.fill(1.0));
        x.exp().value().as_ptr()
    };
    let first = step(&tape);
    tape.reset();
    let kept = tape.fill(&[64], |x| x.fill(0.0)).value();
    tape.reset();
    assert_ne!(step(&tape), kept.as_ptr(), "a buffer that is still held was handed out");
    assert!(first == kept.as_ptr() || step(&tape) == first);
}

#[test]
fn a_tape_prints_its_story() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf(array![[1.0, 2.0]].into_dyn());
    let _ = x.exp();
    assert_eq!(format!("{tape:?}"), "[Var #0 leaf [1, 2], Var #1 Exp [1, 2]]");
}

#[test]
fn nothing_flows_through_a_detached_value() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(3.0);
    let y = x * x.detach();
    assert_eq!(tape.gradients(y, &[x])[0].item(), 3.0);
}

#[test]
fn nothing_flows_through_what_was_not_recorded() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(3.0);
    let y = x * tape.without_recording(|| x * x);
    assert_eq!(tape.gradients(y, &[x])[0].item(), 9.0);
}
