//! A place to sleep at, and locks that outlive a panic.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Whoever waits for something that others bring sleeps here.
#[derive(Default)]
pub struct Gate {
    mutex: Mutex<()>,
    opened: Condvar,
}

impl Gate {
    /// Wakes who sleeps here.
    pub fn open(&self) {
        drop(held(&self.mutex)); // whoever has looked and found nothing sleeps by now
        self.opened.notify_all();
    }

    /// Sleeps until the gate is opened and this holds, or until this moment.
    pub fn wait(&self, until: Option<Instant>, holds: impl Fn() -> bool) {
        let mut guard = held(&self.mutex);
        while !holds() {
            guard = match until.map(|until| until.saturating_duration_since(Instant::now())) {
                None => self.opened.wait(guard).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return,
                Some(left) => self.opened.wait_timeout(guard, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
    }
}

/// What a mutex guards, though somebody who held it has panicked.
pub fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
