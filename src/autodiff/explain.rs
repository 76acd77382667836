//! One number on a tape, taken apart: the terms of a product, or for all else how it follows its inputs.

use super::activation::Activation;
use super::tape::{Node as Entry, Origin, View};
use super::terms::Place;
use super::{Operation, Real, Shape, Tape, Tensor, Terms, Var};
use std::fmt;
use std::sync::Arc;

/// One number of a node's value, and what it is made of. Numbers are widened, so nothing is lost here.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The number.
    pub number: Number,
    /// What its operation computes, or a leaf's name.
    pub formula: String,
    /// How it follows from its terms.
    pub form: Form,
    inputs: Vec<Input>,
    parts: Vec<Part>,
}

/// How a number follows from its terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    /// It was given: there are no terms.
    Given,
    /// `f(Σ terms)`: an element of a product.
    Sum(Activation),
    /// A function of the terms' numbers, each with its slope: when these move a little, the value moves by `Σ slope·move`.
    /// If the function is linear, the value is `Σ slope·number`, plus a constant.
    Slopes,
}

/// A number on the tape.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its node.
    pub node: usize,
    /// The node's name, if it has one.
    pub name: Option<Arc<str>>,
    /// Where it stands in the node's value, axis by axis.
    pub index: Vec<usize>,
    /// The same, in row-major order.
    pub element: usize,
    /// What it is.
    pub value: f64,
}

/// A number that another one depends on, and how heavy it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// The number.
    pub number: Number,
    /// What it is multiplied by.
    pub weight: Weight,
}

/// What a term's number is multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub enum Weight {
    /// Nothing: a bias.
    One,
    /// Another number of the tape.
    Number(Number),
    /// The slope with which the value follows it, `∂value/∂number`.
    Slope(f64),
}

/// The terms that matter most, and what the others come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Most {
    /// Those with the largest contributions, the largest first.
    pub terms: Vec<Term>,
    /// How many others there are.
    pub others: usize,
    /// The sum of the others' contributions.
    pub rest: f64,
}

/// What is to be told of an input's numbers.
#[derive(Clone, Debug)]
struct Input {
    node: usize,
    name: Option<Arc<str>>,
    shape: Shape,
}

/// A term, before anybody asks where it is from.
#[derive(Clone, Copy, Debug)]
struct Part {
    place: Place,
    value: f64,
    by: By,
}

#[derive(Clone, Copy, Debug)]
enum By {
    One,
    Number(Place, f64),
    Slope(f64),
}

impl<T: Real> View<'_, T> {
    /// Takes an element of a node's value apart, counted in row-major order. This tape stays as it is, and it does not
    /// matter whether the node was recorded. The work is in proportion to the node and its inputs; of a product, to the
    /// number of terms.
    ///
    /// An operation's slopes are those that the walk back takes, by the operation's own derivative. Where it takes an input
    /// for a constant (which pixel is a window's largest), that input is not among the terms; and where it takes one for a
    /// function of another (the moments of a batch), its part is in the other's slopes.
    ///
    /// # Panics
    /// When there is no such node or element.
    pub fn explain(self, node: usize, element: usize) -> Explanation {
        let entry = self.tape.node(node);
        let length = entry.value.len();
        assert!(element < length, "explain: no element {element} in node {node} of {:?}", entry.value.shape());
        let number = Input::of(node, &entry).number(element, nth(&entry.value, element).as_f64());
        let formula = self.node(node).formula();
        let Origin::Computed { operation, inputs, .. } = &entry.origin else {
            return Explanation { number, formula, form: Form::Given, inputs: Vec::new(), parts: Vec::new() };
        };
        let entries: Vec<Entry<T>> = inputs.iter().map(|&input| self.tape.node(input)).collect();
        let named: Vec<Input> = inputs.iter().zip(&entries).map(|(&node, entry)| Input::of(node, entry)).collect();
        let shapes: Vec<Shape> = named.iter().map(|input| input.shape.clone()).collect();
        let (form, parts) = match operation.terms(&shapes, element) {
            Some(terms) => (Form::Sum(terms.activation), products(&terms, &entries)),
            None => {
                (Form::Slopes, Applied { operation, nodes: inputs, entries: &entries }.slopes(&entry.value, element))
            }
        };
        Explanation { number, formula, form, inputs: named, parts }
    }
}

/// The terms of a product, with their values.
fn products<T: Real>(terms: &Terms, inputs: &[Entry<T>]) -> Vec<Part> {
    let value = |place: Place| nth(&inputs[place.input].value, place.element).as_f64();
    let pairs = terms.products.iter().map(|&[a, b]| Part { place: a, value: value(a), by: By::Number(b, value(b)) });
    let bias = terms.bias.map(|bias| Part { place: bias, value: value(bias), by: By::One });
    pairs.chain(bias).collect()
}

/// An operation and what it was applied to.
struct Applied<'a, T: Real> {
    operation: &'a Arc<dyn Operation<T>>,
    nodes: &'a [usize],
    entries: &'a [Entry<T>],
}

impl<T: Real> Applied<'_, T> {
    /// Every element of the inputs that this element of the output depends on, with its slope.
    fn slopes(&self, output: &Tensor<T>, element: usize) -> Vec<Part> {
        let inputs: Vec<Tensor<T>> = self.entries.iter().map(|entry| entry.value.clone()).collect();
        let found = self.pull_back(&inputs, output, element);
        // Where a number is infinite or none, 0 times it is none either: elements that have nothing to do with this one
        // seem to have a slope. What has to do with it, other numbers tell.
        let all_finite = found.iter().all(|(_, slopes)| slopes.iter().all(|slope| slope.is_finite()));
        let usual = (!all_finite).then(|| {
            let inputs: Vec<Tensor<T>> = inputs.iter().map(stand_in).collect();
            self.pull_back(&inputs, &stand_in(output), element)
        });
        let depends = |source: usize, i: usize| {
            let slope = nth(&found[source].1, i);
            let by_others = || usual.as_ref().is_none_or(|usual| nth(&usual[source].1, i) != T::ZERO);
            slope != T::ZERO && (slope.is_finite() || by_others())
        };
        let mut parts = Vec::new();
        for (source, (input, slopes)) in found.iter().enumerate() {
            for i in (0..slopes.len()).filter(|&i| depends(source, i)) {
                let (value, slope) = (nth(&inputs[*input], i).as_f64(), nth(slopes, i).as_f64());
                parts.push(Part { place: Place { input: *input, element: i }, value, by: By::Slope(slope) });
            }
        }
        parts
    }

    /// `∂output[element]/∂input` for each input, found on a tape of its own. Inputs that are one node are one: the first.
    fn pull_back(&self, inputs: &[Tensor<T>], output: &Tensor<T>, element: usize) -> Vec<(usize, Tensor<T>)> {
        let tape = Tape::new();
        let first =
            |i: usize| self.nodes.iter().position(|node| *node == self.nodes[i]).expect("it is its own at least");
        let own: Vec<usize> = (0..inputs.len()).filter(|&i| first(i) == i).collect();
        let sources: Vec<Var<'_, T>> = own.iter().map(|&i| tape.share(&inputs[i])).collect();
        let source_of = |i: usize| sources[own.iter().position(|&own| own == first(i)).expect("the first is its own")];
        let origin = Origin::Computed {
            operation: Arc::clone(self.operation),
            inputs: (0..inputs.len()).map(|i| source_of(i).index()).collect(),
            recorded: true,
        };
        let output = tape.push(output.clone(), origin);
        let one = tape.fill(&output.shape(), |gradient| {
            gradient.fill(T::ZERO);
            gradient[element] = T::ONE;
        });
        let slopes = tape.pull_back(output, one, &sources);
        own.into_iter().zip(slopes.iter().map(|slope| slope.value())).collect()
    }
}

/// Usual numbers, all a little different, in an array of the same shape.
fn stand_in<T: Real>(x: &Tensor<T>) -> Tensor<T> {
    let mut number = 0.3;
    let mut next = || {
        number = 0.3 + (number + 0.23) % 0.5;
        T::from_f64(number)
    };
    Tensor::from_shape_simple_fn(x.raw_dim(), &mut next)
}

fn nth<T: Real>(x: &Tensor<T>, element: usize) -> T {
    super::kernels::slice(x)[element]
}

impl Input {
    fn of<T: Real>(node: usize, entry: &Entry<T>) -> Self {
        let name = if let Origin::Leaf(name) = &entry.origin { name.clone() } else { None };
        Self { node, name, shape: entry.value.shape().into() }
    }

    fn number(&self, element: usize, value: f64) -> Number {
        let mut index = vec![0; self.shape.len()];
        let mut rest = element;
        for (index, extent) in index.iter_mut().zip(&*self.shape).rev() {
            (*index, rest) = (rest % extent, rest / extent);
        }
        Number { node: self.node, name: self.name.clone(), index, element, value }
    }
}

impl Part {
    fn contribution(&self) -> f64 {
        match self.by {
            By::One => self.value,
            By::Number(_, weight) | By::Slope(weight) => weight * self.value,
        }
    }

    /// What decides which terms come first: what they contribute, and among zeros how fast that would change. What is no
    /// number comes before all numbers.
    fn heaviness(&self) -> [f64; 2] {
        let weight = match self.by {
            By::One => 1.0,
            By::Number(_, weight) | By::Slope(weight) => weight,
        };
        [self.contribution().abs(), weight.abs()]
    }
}

impl Explanation {
    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    /// Whether there are no terms.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All terms, in the order of the inputs.
    pub fn terms(&self) -> impl ExactSizeIterator<Item = Term> {
        self.parts.iter().map(|part| self.term(part))
    }

    /// The sum of all contributions.
    pub fn sum(&self) -> f64 {
        self.parts.iter().map(Part::contribution).sum()
    }

    /// The `count` terms that contribute most, whatever their sign, and the sum of the others.
    pub fn most(&self, count: usize) -> Most {
        let count = count.min(self.len());
        let mut parts: Vec<(usize, &Part)> = self.parts.iter().enumerate().collect();
        let heavier = |(i, a): &(usize, &Part), (j, b): &(usize, &Part)| {
            let ([a, a_weight], [b, b_weight]) = (a.heaviness(), b.heaviness());
            b.total_cmp(&a).then(b_weight.total_cmp(&a_weight)).then(i.cmp(j))
        };
        if count > 0 && count < parts.len() {
            parts.select_nth_unstable_by(count - 1, heavier);
        }
        let (most, others) = parts.split_at_mut(count);
        most.sort_unstable_by(heavier);
        others.sort_unstable_by_key(|(i, _)| *i); // for a sum that does not depend on how they were chosen
        Most {
            terms: most.iter().map(|(_, part)| self.term(part)).collect(),
            others: others.len(),
            rest: others.iter().map(|(_, part)| part.contribution()).sum(),
        }
    }

    fn term(&self, part: &Part) -> Term {
        let number = |place: Place, value| self.inputs[place.input].number(place.element, value);
        let weight = match part.by {
            By::One => Weight::One,
            By::Slope(slope) => Weight::Slope(slope),
            By::Number(place, value) => Weight::Number(number(place, value)),
        };
        Term { number: number(part.place, part.value), weight }
    }
}

impl Term {
    /// What it adds to the sum: the product of its numbers, or of its number and the slope.
    pub fn contribution(&self) -> f64 {
        match &self.weight {
            Weight::One => self.number.value,
            Weight::Slope(weight) | Weight::Number(Number { value: weight, .. }) => weight * self.number.value,
        }
    }
}

/// Where it stands: `generator.0.weight[3, 5]`, or `#12[3, 5]` in a node without a name.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}")?,
            None => write!(f, "#{}", self.node)?,
        }
        if self.index.is_empty() { Ok(()) } else { write!(f, "{:?}", self.index) }
    }
}

/// One line: what it contributes, how, and from where.
impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Term { number, weight }, contribution) = (self, self.contribution());
        match weight {
            Weight::One => write!(f, "{contribution:+.6}: {number}"),
            Weight::Slope(slope) => write!(f, "{contribution:+.6} = slope {slope:.6} · {:.6}: {number}", number.value),
            Weight::Number(by) => {
                write!(f, "{contribution:+.6} = {:.6} · {:.6}: {number} · {by}", number.value, by.value)
            }
        }
    }
}

/// One line a term, and one for the others.
impl fmt::Display for Most {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.terms.iter().try_for_each(|term| writeln!(f, "{term}"))?;
        write!(f, "{:+.6}: {} more", self.rest, self.others)
    }
}

/// One line: the number and its formula.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {:.6}: {}", self.number, self.number.value, self.formula)
    }
}

#[cfg(test)]
mod tests;
