//! Numbers laid out as the lanes of registers hold them.

use super::lane::{Lane, Number};
use super::vectorised::vectorised;

/// How many lanes hold so many numbers; of the last one some may be zeros.
pub fn lanes<P: Lane>(numbers: usize) -> usize {
    numbers.div_ceil(P::NUMBERS)
}

/// Lays rows of `length` numbers out as lanes, each row for itself.
pub fn lay_along<P: Lane>(numbers: &[P::Number], length: usize, laid: &mut [P]) {
    if length.is_multiple_of(P::NUMBERS) {
        P::lay(numbers, laid);
    } else {
        let rows = laid.chunks_exact_mut(lanes::<P>(length)).zip(numbers.chunks_exact(length));
        rows.for_each(|(laid, row)| {
            let number = |i: usize| row.get(i).copied().unwrap_or(P::Number::ZERO);
            laid.iter_mut().enumerate().for_each(|(i, lane)| *lane = P::of(|q| number(i * P::NUMBERS + q)));
        });
    }
}

/// Lays numbers out as lanes across rows: lane `i` is made of the `i`-th number of each of `row(0)` and so on.
/// A row that there is not counts as zeros.
pub fn lay_across<'a, P: Lane>(row: impl Fn(usize) -> Option<&'a [P::Number]>, laid: &mut [P]) {
    vectorised(|| lay_across_here(row, laid));
}

/// The same as a part of the caller, for pieces so short that a call would take longer.
#[inline(always)]
pub fn lay_across_here<'a, P: Lane>(row: impl Fn(usize) -> Option<&'a [P::Number]>, laid: &mut [P]) {
    /// No lane has more numbers.
    const MOST: usize = 2;
    const { assert!(P::NUMBERS <= MOST) };
    let rows: [_; MOST] = std::array::from_fn(|q| if q < P::NUMBERS { row(q) } else { None });
    let whole = rows.map(|row| row.unwrap_or(&[]));
    if let Some(row) = rows[0].and_then(P::in_place) {
        laid.copy_from_slice(row);
    } else if whole[..P::NUMBERS].iter().all(|row| row.len() == laid.len()) {
        let [first, second] = whole;
        let pairs = laid.iter_mut().zip(first).zip(second);
        pairs.for_each(|((laid, &first), &second)| *laid = P::of(|q| [first, second][q]));
    } else {
        let number = |q: usize, i: usize| rows[q].map_or(P::Number::ZERO, |row| row[i]);
        laid.iter_mut().enumerate().for_each(|(i, laid)| *laid = P::of(|q| number(q, i)));
    }
}
