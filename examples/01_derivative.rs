//! One derivative, by hand and by tape.
//!
//!     cargo run --release --example 01_derivative
//!
//! The discriminator's loss for one real image is `L(x) = log(1 + e⁻ˣ)`, where `x` is the logit.
//! By hand, with the chain rule: `dL/dx = −e⁻ˣ / (1 + e⁻ˣ) = σ(x) − 1`. The tape finds the same
//! number knowing only the derivatives of its single operations.

use twoplayer::autodiff::Tape;
use twoplayer::autodiff::gradcheck::{Order, check};

fn main() {
    let tape = Tape::<f64>::new();

    // Forward: each operation is written down on the tape as it is computed.
    let x = tape.scalar(0.7).named("x");
    let loss = ((-x).exp() + 1.0).log();
    println!("The tape after the forward pass, one node an operation:");
    for node in tape.view().nodes() {
        println!("  #{} = {:.6}  {}  of {:?}", node.index(), node.value().sum(), node.formula(), node.inputs());
    }
    // Each node can say how it would move if one that went into it did.
    println!("Its last node: {}\n", tape.view().explain(loss.index(), 0).most(1).terms[0]);

    // Backward: the tape is walked from the loss to x, each operation passing its gradient on.
    let by_tape = tape.gradients(loss, &[x])[0].item();
    let by_hand = 1.0 / (1.0 + (-0.7f64).exp()) - 1.0;
    println!("dL/dx by tape: {by_tape:+.15}");
    println!("dL/dx by hand: {by_hand:+.15}");

    // A gradient is on the tape too, so it has a derivative: d²L/dx² = σ(x)·(1 − σ(x)).
    let slope = tape.differentiable_gradients(loss, &[x])[0];
    println!("d²L/dx² by tape: {:+.15}", tape.gradients(slope, &[x])[0].item());
    println!("d²L/dx² by hand: {:+.15}", -by_hand * (1.0 + by_hand));

    // And when no hand has worked it out: ask the function itself, by central differences.
    let report = check(|x| ((-x[0]).exp() + 1.0).log(), &[ndarray::arr0(0.7).into_dyn()], Order::First);
    println!("gradient check: {report}");
}
