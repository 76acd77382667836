//! A network learns XOR by gradient descent.
//!
//!     cargo run --release --example 02_xor
//!
//! No straight line separates (0,1) and (1,0) from (0,0) and (1,1), so one layer cannot do it and
//! two can (Minsky & Papert 1969). This is all there is to training a network: forward, loss,
//! gradients, step.

use ndarray::array;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use twoplayer::nn::UnitActivation::{Identity, Tanh};
use twoplayer::nn::{Init, LayerSpec, Learner, Mode, Network, Sgd, Training};

fn main() {
    let inputs = array![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]].into_dyn(); // [4, 2]
    let targets = array![[0.0], [1.0], [1.0], [0.0]].into_dyn(); //                    [4, 1]

    let layers = [LayerSpec::dense(8, Tanh), LayerSpec::dense(1, Identity)];
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let network = Network::<f32>::new("xor", 2, &layers, Init::Xavier, &mut rng).expect("two dense layers");
    let optimizer = Sgd::new(&network.parameters, 0.5, 0.9);
    let mut learner = Learner::new(network, optimizer);
    let mut training = Training::from(rng);

    for step in 0..=300 {
        let (loss, answers) = learner.learn(&mut training, |network, training| {
            let x = network.tape.leaf(inputs.clone()); //                                  [4, 2]
            let logits = network.forward(x, &mut Mode::Train(training)); //                [4, 1]
            let loss = logits.bce_with_logits(network.tape.leaf(targets.clone())).mean();
            (loss, (loss.item(), logits.sigmoid().value()))
        });
        if step % 50 == 0 {
            let answers: Vec<String> = answers.iter().map(|p| format!("{p:.3}")).collect();
            println!("step {step:3}  loss {loss:.5}  00 01 10 11 -> {}", answers.join(" "));
        }
    }
}
