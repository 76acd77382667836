//! The lab, floor six: a page in the browser that looks into a running engine. It pauses it anywhere, looks at anything,
//! changes it, and goes back.
//!
//! One thread owns the session and its tapes (`engine.rs`). Within a step it stands at the desk (`desk/`): a watcher that is told
//! of every operation, and an observer that is told of every step. To pause is to wait there, answering what the page asks
//! about the tape that lies open. So pausing and looking cannot change a byte of what is computed.
//!
//! What comes from the page and what goes back to it passes through the [`Mailbox`]; `server/` is the only part that
//! knows of HTTP.

mod at_desk;
mod clinic;
mod command;
mod desk;
mod dirac;
mod easel;
mod edits;
mod engine;
mod export;
mod faces;
mod field;
mod frame;
mod gate;
mod layers;
mod look;
mod mailbox;
mod moment;
mod moves;
mod plane;
mod record;
mod refusal;
mod rewind;
mod server;
mod source;
mod story;
mod turns;
mod words;

pub use command::Command;
pub use engine::Engine;
pub use mailbox::{Mailbox, Question};
pub use record::{RecordError, Steps, record};
pub use refusal::Refusal;
pub use server::{Address, ServerError, serve};
