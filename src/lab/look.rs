//! Answers about the tape that lies open.

use super::moves::Moves;
use super::refusal::{Answer, Refusal};
use super::source::{self, Source};
use crate::autodiff::{Adjoint, Form, Nudge, Tensor, View, Weight};
use serde::Serialize;

/// Bars of a histogram.
const BARS: usize = 32;
/// Terms that are told one by one.
const TERMS: usize = 12;

#[derive(Serialize)]
struct Node<'n> {
    index: usize,
    operation: Option<String>,
    formula: &'n str,
    name: Option<&'n str>,
    inputs: &'n [usize],
    shape: &'n [usize],
    scope: Option<&'n str>,
    derivative_of: Option<usize>,
    adjoint: &'static str,
}

/// All nodes, in order.
pub fn tape(view: View<'_>) -> Vec<serde_json::Value> {
    let mut nodes = Vec::with_capacity(view.len());
    for node in view.nodes() {
        let formula = node.formula();
        let shown = Node {
            index: node.index(),
            operation: node.operation().map(kind),
            formula: &formula,
            name: node.name(),
            inputs: node.inputs(),
            shape: node.shape(),
            scope: node.scope(),
            derivative_of: node.derivative_of(),
            adjoint: match view.adjoint(node.index()) {
                Adjoint::NotYet => "not yet",
                Adjoint::NotWanted => "not wanted",
                Adjoint::Known(_) => "known",
            },
        };
        nodes.push(serde_json::to_value(shown).expect("plain values"));
    }
    nodes
}

/// An operation's name without its settings.
fn kind(operation: &dyn crate::autodiff::Operation<f32>) -> String {
    let debug = format!("{operation:?}");
    debug.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

#[derive(Serialize)]
struct Overview {
    index: usize,
    of: &'static str,
    shape: Vec<usize>,
    minimum: f32,
    maximum: f32,
    mean: f64,
    deviation: f64,
    zeros: f64,
    not_numbers: usize,
    histogram: Histogram,
    overview: Matrix,
}

#[derive(Serialize)]
struct Histogram {
    from: f32,
    to: f32,
    counts: Vec<usize>,
}

#[derive(Serialize)]
struct Matrix {
    rows: usize,
    columns: usize,
    of_rows: usize,
    of_columns: usize,
    values: Vec<f32>,
}

/// What a node's value, or its adjoint, looks like; no side of the overview is longer than `side`.
pub fn node(view: View<'_>, index: usize, adjoint: bool, side: usize) -> Answer {
    check(view, index)?;
    let value: Tensor = match adjoint {
        false => view.node(index).value().clone(),
        true => match view.adjoint(index) {
            Adjoint::NotYet => return Err(Refusal::not_now(format!("the adjoint of node {index} is not known yet"))),
            Adjoint::NotWanted => return Err(Refusal::not_now(format!("no gradient is wanted of node {index}"))),
            Adjoint::Known(gradient) => gradient.value(),
        },
    };
    let numbers = value.as_slice().expect("values of a tape are contiguous");
    let (minimum, maximum) = numbers.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &x| (a.min(x), b.max(x)));
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().map(|&x| f64::from(x)).sum::<f64>() / count;
    let variance = numbers.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / count;
    let shape = value.shape().to_vec();
    json(&Overview {
        index,
        of: if adjoint { "adjoint" } else { "value" },
        histogram: histogram(numbers, minimum, maximum),
        overview: overview(numbers, &shape, side),
        shape,
        minimum,
        maximum,
        mean,
        deviation: variance.sqrt(),
        zeros: numbers.iter().filter(|&&x| x == 0.0).count() as f64 / count,
        not_numbers: numbers.iter().filter(|x| !x.is_finite()).count(),
    })
}

fn histogram(numbers: &[f32], from: f32, to: f32) -> Histogram {
    let mut counts = vec![0; BARS];
    let width = f64::from(to) - f64::from(from);
    for &x in numbers.iter().filter(|x| x.is_finite()) {
        let place = if width > 0.0 { (f64::from(x) - f64::from(from)) / width * BARS as f64 } else { 0.0 };
        counts[(place as usize).min(BARS - 1)] += 1;
    }
    Histogram { from, to, counts }
}

/// The numbers as a matrix, the first axis down, all others across, each of its elements the mean of a block.
fn overview(numbers: &[f32], shape: &[usize], side: usize) -> Matrix {
    let of_rows = if shape.len() > 1 { shape[0] } else { 1 };
    let of_columns = numbers.len().checked_div(of_rows).unwrap_or(0);
    let (rows, columns) = (of_rows.min(side), of_columns.min(side));
    let edge = |i: usize, parts: usize, whole: usize| i * whole / parts.max(1);
    let mut values = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let (down, across) = (
                edge(row, rows, of_rows)..edge(row + 1, rows, of_rows),
                edge(column, columns, of_columns)..edge(column + 1, columns, of_columns),
            );
            let count = (down.len() * across.len()) as f64;
            let block = down.flat_map(|r| &numbers[r * of_columns..][across.clone()]);
            values.push((block.map(|&x| f64::from(x)).sum::<f64>() / count) as f32);
        }
    }
    Matrix { rows, columns, of_rows, of_columns, values }
}

#[derive(Serialize)]
struct Number {
    index: usize,
    element: usize,
    place: Vec<usize>,
    name: Option<String>,
    value: f64,
    formula: String,
    form: &'static str,
    gradient: Option<f64>,
    terms: Vec<Term>,
    others: Others,
    then: Option<String>,
    /// Where this is computed.
    source: Option<Source>,
    /// What Adam makes of its gradient.
    adam: Option<Moves>,
}

#[derive(Serialize)]
struct Term {
    what: String,
    amount: f64,
    node: usize,
    element: usize,
    by: Option<[usize; 2]>,
}

#[derive(Serialize)]
struct Others {
    count: usize,
    amount: f64,
}

/// One number of a node's value, taken apart; `adam` knows what becomes of a weight of this name with this gradient.
pub fn number(view: View<'_>, index: usize, element: usize, adam: impl FnOnce(&str, f32) -> Option<Moves>) -> Answer {
    check_element(view, index, element)?;
    let explained = view.explain(index, element);
    let most = explained.most(TERMS);
    let terms = most.terms.iter().map(|term| {
        let (what, by) = match &term.weight {
            Weight::One => (term.number.to_string(), None),
            Weight::Number(other) => (format!("{} · {other}", term.number), Some([other.node, other.element])),
            Weight::Slope(slope) => (format!("{slope:.4} · {}", term.number), None),
        };
        Term { what, amount: term.contribution(), node: term.number.node, element: term.number.element, by }
    });
    let (form, then) = match explained.form {
        Form::Given => ("given", None),
        Form::Sum(activation) => ("sum", Some(format!("{activation:?} of {:.6}", explained.sum()))),
        Form::Slopes => ("slopes", None),
    };
    let gradient = adjoint(view, index, element);
    json(&Number {
        adam: view.node(index).name().zip(gradient).and_then(|(name, slope)| adam(name, slope as f32)),
        index,
        element,
        place: explained.number.index.clone(),
        name: explained.number.name.as_deref().map(str::to_owned),
        value: explained.number.value,
        formula: explained.formula.clone(),
        form,
        gradient,
        terms: terms.collect(),
        others: Others { count: most.others, amount: most.rest },
        then,
        source: view.node(index).operation().and_then(|operation| source::of(&kind(operation))),
    })
}

#[derive(Serialize)]
struct Nudged {
    by: f32,
    before: f32,
    after: f32,
    measured: f64,
    predicted: Option<f64>,
    /// How far apart two numbers next to each other are where the loss is.
    rounding: f64,
}

/// What the loss becomes when a number moves, beside what its adjoint says.
pub fn nudge(view: View<'_>, index: usize, element: usize, by: f32) -> Answer {
    check_element(view, index, element)?;
    let Some(Nudge { before, after }) = view.nudged(index, element, by) else {
        return Err(Refusal::not_now(match view.loss() {
            None => "no walk back has begun from a loss here; go on into the walk back",
            Some(_) => "this node came after the loss",
        }));
    };
    json(&Nudged {
        by,
        before,
        after,
        measured: f64::from(after) - f64::from(before),
        predicted: adjoint(view, index, element).map(|slope| slope * f64::from(by)),
        rounding: f64::from(before.abs().max(f32::MIN_POSITIVE)) * f64::from(f32::EPSILON),
    })
}

/// An element of a node's adjoint, where it is known.
fn adjoint(view: View<'_>, index: usize, element: usize) -> Option<f64> {
    match view.adjoint(index) {
        Adjoint::Known(gradient) => gradient.value().iter().nth(element).map(|&g| f64::from(g)),
        Adjoint::NotYet | Adjoint::NotWanted => None,
    }
}

fn check_element(view: View<'_>, index: usize, element: usize) -> Result<(), Refusal> {
    check(view, index)?;
    let length = view.node(index).value().len();
    match element < length {
        true => Ok(()),
        false => Err(Refusal::bad(format!("node {index} has {length} elements, so none of number {element}"))),
    }
}

fn check(view: View<'_>, index: usize) -> Result<(), Refusal> {
    match index < view.len() {
        true => Ok(()),
        false => Err(Refusal::bad(format!("there are {} nodes on the tape, so none of number {index}", view.len()))),
    }
}

/// As it is sent.
pub fn json(value: &impl Serialize) -> Answer {
    serde_json::to_vec(value).map_err(|error| Refusal { status: 500, message: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::{Tape, Watch, Watcher};
    use ndarray::array;
    use serde_json::Value;

    /// What a watcher sees when all is computed.
    struct Asks(fn(View<'_>) -> Answer, Option<Answer>);

    impl Watch for Asks {
        fn adjoint(&mut self, view: View<'_>, node: usize) {
            if node == 0 {
                self.1 = Some(self.0(view));
            }
        }
    }

    fn asked(question: fn(View<'_>) -> Answer) -> Result<Value, Refusal> {
        let watcher = Watcher::new(Asks(question, None));
        let mut tape = Tape::<f32>::new();
        tape.set_watchers(&[watcher.told()]);
        let x = tape.leaf(array![[1.0, 2.0], [3.0, 4.0]].into_dyn());
        let w = tape.leaf(array![[1.0], [-1.0]].into_dyn());
        let _ = tape.gradients(x.matmul(w).powi(2).sum(), &[x, w]);
        let answer = watcher.lock().1.take().expect("the adjoint of node 0 is found");
        answer.map(|json| serde_json::from_slice(&json).unwrap())
    }

    #[test]
    fn a_node_is_summed_up() {
        let seen = asked(|view| node(view, 0, false, 64)).unwrap();
        assert_eq!((&seen["minimum"], &seen["maximum"], &seen["mean"]), (&1.0.into(), &4.0.into(), &2.5.into()));
        assert_eq!(seen["overview"]["values"], serde_json::json!([1.0, 2.0, 3.0, 4.0]));
        // y = x·w = (−1, −1), L = Σy², ∂L/∂x = 2y·wᵀ = (−2, 2) in each row.
        let seen = asked(|view| node(view, 0, true, 64)).unwrap();
        assert_eq!(seen["overview"]["values"], serde_json::json!([-2.0, 2.0, -2.0, 2.0]));
    }

    #[test]
    fn a_number_is_told_with_its_terms_and_gradient() {
        let seen = asked(|view| number(view, 2, 1, |_, _| None)).unwrap();
        assert_eq!((&seen["value"], &seen["gradient"]), (&(-1.0).into(), &(-2.0).into()));
        let amounts: Vec<f64> =
            seen["terms"].as_array().unwrap().iter().map(|t| t["amount"].as_f64().unwrap()).collect();
        assert_eq!(amounts, [-4.0, 3.0]);
    }

    #[test]
    fn what_is_not_there_is_refused() {
        assert_eq!(asked(|view| node(view, 99, false, 64)).unwrap_err().status, 400);
        assert_eq!(asked(|view| number(view, 0, 4, |_, _| None)).unwrap_err().status, 400);
        assert_eq!(asked(|view| number(view, usize::MAX, 0, |_, _| None)).unwrap_err().status, 400);
    }

    #[test]
    fn a_large_node_is_pooled_and_no_block_is_left_out() {
        let numbers: Vec<f32> = (0..200 * 100).map(|i| (i / 100) as f32).collect();
        let seen = overview(&numbers, &[200, 10, 10], 64);
        assert_eq!([seen.rows, seen.columns, seen.values.len()], [64, 64, 64 * 64]);
        assert!(seen.values.iter().all(|x| x.is_finite()));
        assert!(seen.values[0] < 3.0 && *seen.values.last().unwrap() > 196.0);
    }
}
