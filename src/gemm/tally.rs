//! What the products of a thread have cost so far.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The products that a thread has asked for, with their waiting for other threads. Subtract an earlier
/// tally to learn about what lies between.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tally {
    /// How long they took.
    pub time: Duration,
    /// Multiplications and additions in them.
    pub operations: u64,
}

impl std::ops::Sub for Tally {
    type Output = Tally;

    fn sub(self, earlier: Tally) -> Tally {
        Tally { time: self.time - earlier.time, operations: self.operations - earlier.operations }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, more: Tally) {
        self.time += more.time;
        self.operations += more.operations;
    }
}

thread_local! {
    static TALLY: Cell<Tally> = Cell::default();
}

/// This thread's tally.
pub fn tally() -> Tally {
    TALLY.get()
}

/// Enters one product.
pub(super) fn count(operations: usize, start: Instant) {
    let mut tally = TALLY.get();
    tally += Tally { time: start.elapsed(), operations: operations as u64 };
    TALLY.set(tally);
}
