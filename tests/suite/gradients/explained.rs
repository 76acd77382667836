//! Every number of the table's tapes, taken apart: the terms of a product are its value again, and the slopes of all else
//! say how it moves, by the operation's own `forward`. This holds for the nodes of the walk back as well.

use super::{Case, cases};
use ndarray::{ArrayD, Dimension};
use std::collections::{BTreeMap, BTreeSet};
use twoplayer::autodiff::{Activation, Explanation, Form, Node, Number, Pool, Tape, Tensor, View, Weight};

/// Looks at the tape of every case, forward and back.
fn on_every_tape(look: impl Fn(&str, View<'_, f64>)) {
    for Case { name, function, inputs } in cases() {
        let tape = Tape::<f64>::new();
        let x: Vec<_> = inputs.iter().map(|x| tape.leaf(x.clone())).collect();
        let y = function(&x);
        // Not a plain sum, whose gradient is 1 everywhere.
        let weights = ArrayD::from_shape_fn(y.shape().to_vec(), |i| 0.4 + 0.3 * i.slice().iter().sum::<usize>() as f64);
        tape.gradients((y * tape.leaf(weights)).sum(), &x);
        look(name, tape.view());
    }
}

/// Some elements of a node, the first and the last among them.
fn some_elements(node: &Node<f64>) -> BTreeSet<usize> {
    let length = node.value().len();
    [0, length / 3, length / 2, length.saturating_sub(1)].into_iter().filter(|&element| element < length).collect()
}

/// The operation's kind, without its constants.
fn kind(node: &Node<f64>) -> String {
    format!("{:?}", node.operation().expect("it was computed")).split([' ', '(']).next().unwrap().to_owned()
}

/// The values of a node's inputs.
fn inputs_of(view: View<'_, f64>, node: &Node<f64>) -> Vec<Tensor<f64>> {
    node.inputs().iter().map(|&input| view.node(input).value().clone()).collect()
}

/// The element that the operation itself makes of other values of its inputs.
fn recomputed(view: View<'_, f64>, node: &Node<f64>, mut inputs: Vec<Tensor<f64>>, element: usize) -> f64 {
    // The exception that `View::explain` names: the moments of a batch are a function of the batch.
    if kind(node) == "BatchNorm" {
        let moments = view.node(node.inputs()[1]);
        inputs[1] = moments.operation().unwrap().forward(&[&inputs[0]], &mut Pool::default());
    }
    let inputs: Vec<&Tensor<f64>> = inputs.iter().collect();
    node.operation().unwrap().forward(&inputs, &mut Pool::default()).as_slice().unwrap()[element]
}

/// Whether a small step of this input says nothing, by design: the number of a window's winner is no quantity; the moments
/// of a batch move with the batch alone; and ReLU's derivative, told from its value, is at its jump wherever that value is 0.
fn is_held(node: &Node<f64>, input: usize) -> bool {
    let at_its_jump =
        format!("{:?}", node.operation().unwrap()) == format!("ActivationGradient({:?})", Activation::RELU);
    input == 1 && (at_its_jump || ["PutBack", "BatchNorm"].contains(&kind(node).as_str()))
}

/// Moves every element of the inputs by `step(node, element)`. Inputs that are one node move together.
fn moved(view: View<'_, f64>, node: &Node<f64>, step: impl Fn(usize, usize) -> f64) -> Vec<Tensor<f64>> {
    let mut inputs = inputs_of(view, node);
    for (i, input) in inputs.iter_mut().enumerate().filter(|(i, _)| !is_held(node, *i)) {
        let source = node.inputs()[i];
        input.iter_mut().enumerate().for_each(|(element, x)| *x += step(source, element));
    }
    inputs
}

/// A step of about this size for each element, all different.
fn step_of(node: usize, element: usize, size: f64) -> f64 {
    size * (0.5 + ((node * 31 + element * 17) % 13) as f64 / 13.0)
        * if (node + element).is_multiple_of(3) { -1.0 } else { 1.0 }
}

fn slopes(explanation: &Explanation) -> BTreeMap<(usize, usize), f64> {
    let terms = explanation.terms().map(|term| match term.weight {
        Weight::Slope(slope) => ((term.number.node, term.number.element), slope),
        other => panic!("{other:?} is no slope"),
    });
    terms.collect()
}

/// Operations whose value is `Σ slope·number`, without a constant.
const LINEAR: [&str; 20] = [
    "Add",
    "Sub",
    "BroadcastTo",
    "SumTo",
    "Reshape",
    "Transpose",
    "ConcatRows",
    "SliceRows",
    "PadRows",
    "ConcatChannels",
    "SliceChannels",
    "PadChannels",
    "UpsampleNearest",
    "SumPool",
    "Up",
    "Down",
    "GatherRows",
    "ScatterAddRows",
    "Largest",
    "PutBack",
];

/// Small enough for the sharpest bend of the table, the root of a variance near 0.
const SMALL: f64 = 1e-8;

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn the_terms_of_a_product_are_its_value_again() {
    let kinds = std::cell::RefCell::new(BTreeMap::new());
    on_every_tape(|name, view| {
        for node in view.nodes().filter(|node| node.operation().is_some()) {
            for element in some_elements(&node) {
                let explained = view.explain(node.index(), element);
                let Form::Sum(f) = explained.form else { continue };
                let whole = f.of(explained.sum());
                assert!(close(whole, explained.number.value, 1e-12), "{name}: {explained}, by its terms {whole}");
                // The numbers are those that stand where the terms say.
                let stands = |number: &Number| view.node(number.node).value()[number.index.as_slice()] == number.value;
                assert!(explained.terms().all(|term| {
                    stands(&term.number) && if let Weight::Number(by) = &term.weight { stands(by) } else { true }
                }));
                *kinds.borrow_mut().entry(kind(&node)).or_insert(0) += explained.len();
            }
        }
    });
    let kinds = kinds.into_inner();
    let expected = ["Conv", "ConvLayer", "ConvTranspose", "ConvWeights", "Dense", "MatMul"];
    assert_eq!(kinds.keys().collect::<Vec<_>>(), expected, "{kinds:?}");
}

#[test]
fn slopes_say_how_a_number_moves_and_leave_nothing_out() {
    let seen = std::cell::RefCell::new(BTreeSet::new());
    on_every_tape(|name, view| {
        for node in view.nodes().filter(|node| node.operation().is_some()) {
            for element in some_elements(&node) {
                let explained = view.explain(node.index(), element);
                if explained.form != Form::Slopes {
                    continue;
                }
                let (slopes, what) = (slopes(&explained), || format!("{name}: {explained}"));
                let at =
                    |step: &dyn Fn(usize, usize) -> f64| recomputed(view, &node, moved(view, &node, step), element);
                // What is not listed can move, and nothing happens.
                let apart = at(&|node, element| {
                    if slopes.contains_key(&(node, element)) { 0.0 } else { step_of(node, element, 1e-6) }
                });
                assert!(close(apart, explained.number.value, 1e-14), "{}, but {apart} without what is listed", what());
                // What is listed moves it by Σ slope·step.
                let step = |node, element| step_of(node, element, SMALL);
                let by_operation = (at(&step) - at(&|node, element| -step(node, element))) / (2.0 * SMALL);
                let by_slopes =
                    slopes.iter().map(|(&(node, element), slope)| slope * step(node, element) / SMALL).sum();
                assert!(close(by_operation, by_slopes, 1e-6), "{}: {by_operation}, by slopes {by_slopes}", what());
                if LINEAR.contains(&kind(&node).as_str()) {
                    assert!(close(explained.sum(), explained.number.value, 1e-12), "{}: {}", what(), explained.sum());
                }
                seen.borrow_mut().insert(kind(&node));
            }
        }
    });
    let seen = seen.into_inner();
    assert!(LINEAR.iter().all(|&kind| seen.contains(kind)), "{seen:?}");
    for kind in [
        "BatchNorm",
        "Scaled",
        "BatchNormSums",
        "BatchNormGradient",
        "ActivationGradient",
        "SoftmaxCrossEntropy",
        "Moments",
    ] {
        assert!(seen.contains(kind), "{kind} is not among {seen:?}");
    }
}

#[test]
fn every_formula_is_one_line() {
    let formulas = std::cell::RefCell::new(BTreeMap::new());
    on_every_tape(|_, view| {
        for node in view.nodes().filter(|node| node.operation().is_some()) {
            let formula = node.formula();
            assert!(formula.contains(" = ") && !formula.contains('\n') && formula.chars().count() <= 110, "{formula}");
            formulas.borrow_mut().insert(kind(&node), formula);
        }
    });
    let formulas = formulas.into_inner();
    // All of them, but for one whose gradient never comes to be on a tape of the table's.
    assert!(formulas.len() >= 43, "{}: {formulas:#?}", formulas.len());
}
