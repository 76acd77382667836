//! Reverse-mode automatic differentiation, floor two of the house.
//!
//! A computation is written down on a [`Tape`] as it runs. Each step is a node: its value, the
//! [`Operation`] that made it and the nodes that went in. A [`Var`] is a small copyable handle
//! to a node. Walking the tape backwards and asking each operation for its vector-Jacobian
//! product gives the gradient of a scalar with respect to anything that went in (Linnainmaa
//! 1970; Griewank & Walther, *Evaluating Derivatives*, 2008, chapter 3).
//!
//! The vector-Jacobian products are themselves written with [`Var`] operations. A gradient is
//! therefore an ordinary part of the tape and can be differentiated again:
//!
//! ```
//! use twoplayer::autodiff::Tape;
//!
//! let tape = Tape::<f64>::new();
//! let x = tape.scalar(2.0);
//! let y = x.powi(3); //                                       y = x³
//! let dy = tape.differentiable_gradients(y, &[x])[0]; //     3x²
//! let ddy = tape.gradients(dy, &[x])[0]; //                  6x
//! assert_eq!((y.item(), dy.item(), ddy.item()), (8.0, 12.0, 12.0));
//! ```
//!
//! Read on in this order: `tape.rs` (what is written down), `ops/arithmetic.rs` (what an
//! operation looks like), `backward.rs` (the walk back), [`gradcheck`] (how it is verified), [`Gradient`]
//! (why a gradient of weights is worth more before it is summed), and [`View`] (how to look at a tape).

mod activation;
mod backward;
mod explain;
pub mod gradcheck;
mod gradient;
mod kernels;
mod nudge;
pub mod ops;
mod pool;
mod real;
mod shape;
mod tape;
mod tensor;
mod terms;
mod var;
mod view;
mod walk;
mod weigh;

pub use activation::Activation;
pub use backward::Side;
pub use explain::{Explanation, Form, Most, Number, Term, Weight};
pub use gradient::Gradient;
pub use nudge::Nudge;
pub use ops::{Normalised, Places, Window};
pub use pool::Pool;
pub use real::Real;
pub use shape::Shape;
pub use tape::{Backward, Operation, Part, Phase, Tape, Var, View, Watch, Watcher};
pub use tensor::Tensor;
pub use terms::{Place, Terms};
pub use view::{Adjoint, Node};
