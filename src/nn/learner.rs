//! A network that learns: the ritual around every step of gradient descent, written once.

use super::{Adam, Input, Mode, Network, Optimizer, Training};
use crate::autodiff::{Gradient, Phase, Real, Tape, Var, Watcher};
use crate::parallel;
use std::mem;

/// A network, the optimizer that moves its weights, and the tape on which their gradients are found.
#[derive(Debug)]
pub struct Learner<T: Real = f32, O = Adam<T>> {
    /// The network.
    pub network: Network<T>,
    /// What moves its parameters, for which it was made.
    pub optimizer: O,
    tape: Tape<T>,
    scratch: Vec<T>,
}

/// A network with its parameters on a tape, where it computes.
#[derive(Clone, Debug)]
pub struct OnTape<'n, 't, T: Real = f32> {
    /// The network.
    pub network: &'n Network<T>,
    /// The tape.
    pub tape: &'t Tape<T>,
    /// Its parameters there, in order.
    pub parameters: Vec<Var<'t, T>>,
}

impl<T: Real> Network<T> {
    /// The network on this tape; nothing is copied.
    pub fn on<'n, 't>(&'n self, tape: &'t Tape<T>) -> OnTape<'n, 't, T> {
        OnTape { network: self, tape, parameters: self.leaves(tape) }
    }

    /// The network with these values for its parameters.
    ///
    /// # Panics
    /// When there are none.
    pub fn with<'t>(&self, parameters: &[Var<'t, T>]) -> OnTape<'_, 't, T> {
        OnTape { network: self, tape: parameters[0].tape(), parameters: parameters.to_vec() }
    }
}

impl<'n, 't, T: Real> OnTape<'n, 't, T> {
    /// The [network's name](Network::name).
    pub fn name(&self) -> &'n str {
        self.network.name()
    }

    /// See [`Network::forward`].
    ///
    /// # Panics
    /// When the batch does not fit.
    pub fn forward(&self, input: impl Into<Input<'t, T>>, mode: &mut Mode<'_, T>) -> Var<'t, T> {
        self.network.forward(&self.parameters, input, mode)
    }
}

impl<T: Real, O: Optimizer<T>> Learner<T, O> {
    /// A network that will learn with this optimizer, which was made for its parameters.
    pub fn new(network: Network<T>, optimizer: O) -> Self {
        Self { network, optimizer, tape: Tape::new(), scratch: Vec::new() }
    }

    /// One step of gradient descent. `loss` computes what is to become smaller, on the tape of the network that it is
    /// given, and whatever else is wanted of the forward pass.
    ///
    /// # Panics
    /// When the loss is not a single number.
    pub fn learn<R>(
        &mut self,
        training: &mut Training<T>,
        loss: impl for<'t> FnOnce(&OnTape<'_, 't, T>, &mut Training<T>) -> (Var<'t, T>, R),
    ) -> R {
        learn_together([self], training, |[network], training| {
            let (loss, result) = network.tape.part(&[network.name()], Phase::Forward, || loss(network, training));
            let find = || network.tape.take_gradients(loss, &network.parameters);
            ([network.tape.part(&[network.name()], Phase::Backward, find)], result)
        })
    }

    /// Computes with the network in training, and learns nothing: to all that is computed, its results are constants.
    pub fn perform<R>(
        &mut self,
        training: &mut Training<T>,
        compute: impl for<'t> FnOnce(&OnTape<'_, 't, T>, &mut Training<T>) -> R,
    ) -> R {
        let network = self.network.on(&self.tape);
        let result = self.tape.without_recording(|| {
            self.tape.part(&[self.network.name()], Phase::Forward, || compute(&network, training))
        });
        self.network.keep(training);
        self.tape.reset();
        result
    }

    /// Takes part in what another network learns, on that one's tape: a gradient flows through this network, and its
    /// weights stay as they are.
    pub fn take_part<'t, R>(
        &mut self,
        tape: &'t Tape<T>,
        training: &mut Training<T>,
        compute: impl FnOnce(&OnTape<'_, 't, T>, &mut Training<T>) -> R,
    ) -> R {
        let result = compute(&self.network.on(tape), training);
        self.network.keep(training);
        result
    }

    /// Has these told of all that the network learns from now on.
    pub fn set_watchers(&mut self, watchers: &[Watcher<T>]) {
        self.tape.set_watchers(watchers);
    }

    /// Moves the weights.
    fn follow(&mut self, gradients: &[Gradient<T>], tape: &Tape<T>) {
        let Self { network, optimizer, scratch, .. } = self;
        optimizer.begin();
        for (index, gradient) in gradients.iter().enumerate() {
            let parameter = &mut network.parameters[index];
            let elements = gradient.elements(scratch);
            tape.tell(&|watcher, _| watcher.summed(&parameter.name, gradient));
            optimizer.update(index, parameter, elements);
            tape.tell(&|watcher, _| watcher.moved(&parameter.name));
        }
    }
}

/// One step of several networks that learn from the same forward pass, on the first one's tape: `lesson` finds the
/// gradients of each one's parameters; then all move, in this order.
///
/// This is the ritual of every step: parameters are lent to the tape; gradients are found; what layers have noted of the
/// batch is kept; the tape forgets, so that the parameters are the networks' own again and can be changed in place;
/// the optimizers change them; the gradients' buffers go back to the tape.
pub fn learn_together<T: Real, O: Optimizer<T>, R, const N: usize>(
    mut learners: [&mut Learner<T, O>; N],
    training: &mut Training<T>,
    lesson: impl for<'t> FnOnce([&OnTape<'_, 't, T>; N], &mut Training<T>) -> ([Vec<Gradient<T>>; N], R),
) -> R {
    parallel::rouse();
    let mut tape = mem::take(&mut learners[0].tape);
    let (gradients, result) = {
        let networks = learners.each_ref().map(|learner| learner.network.on(&tape));
        let (gradients, result) = lesson(networks.each_ref(), training);
        for (network, gradients) in networks.iter().zip(&gradients) {
            let parameters: Vec<usize> = network.parameters.iter().map(|parameter| parameter.index()).collect();
            tape.tell(&|watcher, view| watcher.gradients(network.name(), view, &parameters, gradients));
        }
        (gradients, result)
    };
    learners.iter_mut().for_each(|learner| learner.network.keep(training));
    tape.reset();
    for (learner, gradients) in learners.iter_mut().zip(&gradients) {
        let name = learner.network.name().to_owned();
        tape.part(&[&name], Phase::Update, || learner.follow(gradients, &tape));
    }
    tape.recycle(gradients.into_iter().flatten());
    learners[0].tape = tape;
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autodiff::{Part, View, Watch};
    use crate::nn::{Init, LayerSpec, Sgd, UnitActivation};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn learner() -> (Learner<f64, Sgd<f64>>, Training<f64>) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let layers = [LayerSpec::dense(1, UnitActivation::Identity)];
        let network = Network::new("line", 1, &layers, Init::Xavier, &mut rng).unwrap();
        let optimizer = Sgd::new(&network.parameters, 0.1, 0.0);
        (Learner::new(network, optimizer), rng.into())
    }

    /// `(w·2 + b − 5)²`.
    fn loss<'t>(line: &OnTape<'_, 't, f64>, training: &mut Training<f64>) -> (Var<'t, f64>, f64) {
        let y = line.forward(line.tape.scalar(2.0).reshape(&[1, 1]), &mut Mode::Train(training));
        let loss = (y - 5.0).powi(2).sum();
        (loss, loss.item())
    }

    #[test]
    fn a_step_goes_down_the_slope_in_place() {
        let (mut learner, mut training) = learner();
        let [w, b] = [0, 1].map(|i| learner.network.parameters[i].value.iter().copied().next().unwrap());
        let address = learner.network.parameters[0].value.as_ptr();
        let before = learner.learn(&mut training, loss);
        let error = 2.0 * w + b - 5.0;
        assert!((before - error * error).abs() < 1e-12);
        // ∂/∂w = 2·error·2, ∂/∂b = 2·error.
        let [new_w, new_b] = [0, 1].map(|i| learner.network.parameters[i].value.iter().copied().next().unwrap());
        assert!((new_w - (w - 0.1 * 4.0 * error)).abs() < 1e-12 && (new_b - (b - 0.1 * 2.0 * error)).abs() < 1e-12);
        assert_eq!(learner.network.parameters[0].value.as_ptr(), address, "nothing was copied");
    }

    #[test]
    fn performing_moves_nothing() {
        let (mut learner, mut training) = learner();
        let before = learner.network.parameters[0].value.clone();
        let once = learner.perform(&mut training, |line, training| loss(line, training).1);
        assert_eq!(learner.perform(&mut training, |line, training| loss(line, training).1), once);
        assert_eq!(learner.network.parameters[0].value, before);
    }

    #[test]
    fn a_watcher_is_told_of_the_parts_in_order() {
        #[derive(Default)]
        struct Story(Vec<String>);
        impl Watch<f64> for Story {
            fn begins(&mut self, part: Part<'_>, tape: View<'_, f64>) {
                self.0.push(format!("{:?} of {:?}, {} nodes", part.phase, part.networks, tape.len()));
            }
            fn gradients(&mut self, network: &str, tape: View<'_, f64>, nodes: &[usize], gradients: &[Gradient<f64>]) {
                let names: Vec<_> = nodes.iter().map(|&node| tape.node(node).name().unwrap().to_owned()).collect();
                self.0.push(format!("{network}: {names:?}, {} gradients", gradients.len()));
            }
            fn moved(&mut self, parameter: &str) {
                self.0.push(format!("{parameter} moves"));
            }
        }
        let ((mut learner, mut training), story) = (learner(), Watcher::new(Story::default()));
        learner.set_watchers(&[story.told()]);
        learner.learn(&mut training, loss);
        let expected = [
            "Forward of [\"line\"], 2 nodes",
            "Backward of [\"line\"], 8 nodes",
            "line: [\"line.0.weight\", \"line.0.bias\"], 2 gradients",
            "Update of [\"line\"], 0 nodes",
            "line.0.weight moves",
            "line.0.bias moves",
        ];
        assert_eq!(story.lock().0, expected);
    }
}
