use super::*;
use ndarray::{ArrayD, array};

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-14
}

#[test]
fn a_unit_is_its_products_and_its_bias() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf(array![[1.0, 2.0], [3.0, 4.0]].into_dyn()).named("images");
    let weight = tape.leaf(array![[0.5, -1.0], [10.0, 20.0], [-0.25, 0.5]].into_dyn()).named("critic.0.weight");
    let bias = tape.leaf(array![0.1, 0.2, 0.3].into_dyn()).named("critic.0.bias");
    let y = x.dense(weight, bias, Activation::LeakyRelu { slope: 0.2 });
    let explained = tape.view().explain(y.index(), 3); // sample 1, unit 0
    assert_eq!(explained.number.to_string(), "#3[1, 0]");
    assert!(close(explained.sum(), 1.5 - 4.0 + 0.1) && close(explained.number.value, 0.2 * explained.sum()));
    assert_eq!(explained.formula, "y = f(x·Wᵀ + b), f(s) = max(s, 0.2·s)");
    let most = explained.most(2);
    assert_eq!(
        most.to_string(),
        "-4.000000 = 4.000000 · -1.000000: images[1, 1] · critic.0.weight[0, 1]\n\
         +1.500000 = 3.000000 · 0.500000: images[1, 0] · critic.0.weight[0, 0]\n\
         +0.100000: 1 more"
    );
    assert_eq!(explained.most(9).terms[2].to_string(), "+0.100000: critic.0.bias[0]");
}

#[test]
fn what_is_given_has_no_terms() {
    let tape = Tape::<f64>::new();
    let x = tape.scalar(3.0).named("x");
    let explained = tape.view().explain(x.index(), 0);
    assert_eq!((explained.form, explained.len()), (Form::Given, 0));
    assert_eq!(explained.to_string(), "x = 3.000000: x");
    assert_eq!(tape.view().node(tape.scalar(1.0).index()).formula(), "a constant");
}

/// Rows of a product come to be where a gradient that waits flows to one part of a batch.
#[test]
fn rows_of_a_product_have_the_terms_of_those_rows() {
    let tape = Tape::<f64>::new();
    let leaf = |shape: &[usize]| tape.leaf(ArrayD::from_shape_fn(shape, |i| 1.5 + i[0] as f64 - 0.7 * i[1] as f64));
    let (a, b, w) = (leaf(&[2, 3]), leaf(&[4, 3]), leaf(&[3, 5]));
    let scores = a.concat_rows(b).matmul(w).powi(2).sum();
    let gradient = tape.gradients(scores, &[b])[0];
    let node = tape.view().node(gradient.index());
    assert_eq!(node.formula(), "C = A[2..6]·Bᵀ");
    for element in 0..12 {
        let explained = tape.view().explain(gradient.index(), element);
        assert_eq!(explained.len(), 5);
        assert!((explained.sum() / explained.number.value - 1.0).abs() <= 1e-14, "{explained}");
    }
}

#[test]
fn a_node_that_goes_in_twice_is_one_term() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf(array![3.0, 5.0].into_dyn());
    let square = tape.without_recording(|| x * x); // a constant to every gradient, and explained nonetheless
    let terms: Vec<Term> = tape.view().explain(square.index(), 1).terms().collect();
    assert_eq!((terms.len(), &terms[0].weight, terms[0].number.to_string()), (1, &Weight::Slope(10.0), "#0[1]".into()));
}

/// `∂ log x/∂x` is `1/x`; what it is multiplied by is 0 for all elements but one, and `0/0` is no number.
#[test]
fn infinite_slopes_elsewhere_are_not_among_the_terms() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf(array![0.0, 2.0, f64::NAN, 0.0].into_dyn());
    let y = x.log() * x;
    let of = |node: usize, element| {
        let terms = tape.view().explain(node, element);
        let term = |term: Term| (term.number.node, term.number.element, term.weight.clone());
        terms.terms().map(term).collect::<Vec<_>>()
    };
    assert_eq!(of(1, 1), [(0, 1, Weight::Slope(0.5))]);
    assert_eq!(of(1, 3), [(0, 3, Weight::Slope(f64::INFINITY))]);
    let places = |node, element| of(node, element).into_iter().map(|(node, i, _)| (node, i)).collect::<Vec<_>>();
    assert_eq!(places(1, 2), [(0, 2)], "what is no number itself is listed");
    assert_eq!(places(y.index(), 1), [(1, 1), (0, 1)]);
}

#[test]
fn to_explain_changes_nothing_on_the_tape() {
    let tape = Tape::<f64>::new();
    let x = tape.leaf(array![[0.3, -1.0], [2.0, 0.5]].into_dyn());
    let y = x.batch_norm(1e-3).value.powi(3).sum();
    let gradient = tape.gradients(y, &[x])[0].value();
    let before = format!("{tape:?}");
    for node in tape.view().nodes() {
        tape.view().explain(node.index(), 0);
    }
    assert_eq!(format!("{tape:?}"), before);
    assert_eq!(tape.gradients(y, &[x])[0].value(), gradient);
}

#[test]
fn many_terms_are_few_to_read() {
    let tape = Tape::<f32>::new();
    let x = tape.leaf(ArrayD::from_shape_fn(vec![100_000], |i| if i[0] % 1000 == 7 { -(i[0] as f32) } else { 0.5 }));
    let explained = tape.view().explain(x.mean().index() - 1, 0);
    let most = explained.most(3);
    assert_eq!((explained.len(), most.others), (100_000, 99_997));
    assert_eq!(most.terms.iter().map(|term| term.number.element).collect::<Vec<_>>(), [99_007, 98_007, 97_007]);
    let sum = most.rest + most.terms.iter().map(Term::contribution).sum::<f64>();
    assert!((sum / explained.sum() - 1.0).abs() <= 1e-12);
}

#[test]
#[should_panic(expected = "explain: no element 2 in node 0 of [2]")]
fn an_element_that_is_not_there_is_refused() {
    let tape = Tape::<f64>::new();
    tape.leaf(array![3.0, 5.0].into_dyn());
    tape.view().explain(0, 2);
}
