//! What one lane of a register holds of an operand: a number, or a pair of numbers of half the bits.

use super::pair::{Bfloat16, Pair};
use super::vectorised::vectorised;
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Mul};
use std::thread::LocalKey;

/// What a lane holds: one number, or several neighbours along the summed dimension.
pub trait Lane: Copy + Send + Sync + 'static {
    /// What it is made of, and what products are summed in.
    type Number: Number;
    /// How many.
    const NUMBERS: usize;
    /// One of them by itself, as exactly as a lane holds it.
    type Single: Copy + Send + Sync + Default + 'static;

    /// The lane of these numbers, `number(0)` and so on.
    fn of(number: impl Fn(usize) -> Self::Number) -> Self;

    /// A number as a lane holds it.
    fn single(number: Self::Number) -> Self::Single;

    /// The lane of these, `single(0)` and so on.
    fn of_singles(single: impl Fn(usize) -> Self::Single) -> Self;

    /// The sum and the products of the two's numbers, the last number's first.
    fn add_products(self, other: Self, sum: Self::Number) -> Self::Number;

    /// Lays numbers out as lanes, as many as are full.
    fn lay(numbers: &[Self::Number], laid: &mut [Self]);

    /// The numbers where they lie, if lanes hold them as they are.
    fn in_place(numbers: &[Self::Number]) -> Option<&[Self]>;

    /// The buffers of this thread that are not lent.
    fn buffers() -> &'static LocalKey<Buffers<Self>>;

    /// See [`buffers`](Self::buffers).
    fn buffers_of_singles() -> &'static LocalKey<Buffers<Self::Single>>;

    /// Lends a buffer of this thread's, of this length and any content, which is kept from call to call. Buffers
    /// lent within each other are different ones.
    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        lend(Self::buffers(), length, Self::of(|_| Self::Number::ZERO), work)
    }

    /// The same of single numbers.
    fn with_singles<R>(length: usize, work: impl FnOnce(&mut [Self::Single]) -> R) -> R {
        lend(Self::buffers_of_singles(), length, Self::Single::default(), work)
    }
}

fn lend<T: Copy, R>(
    buffers: &'static LocalKey<Buffers<T>>,
    length: usize,
    zero: T,
    work: impl FnOnce(&mut [T]) -> R,
) -> R {
    let mut buffer = buffers.with_borrow_mut(Vec::pop).unwrap_or_default();
    buffer.resize(length.max(buffer.len()), zero);
    let result = work(&mut buffer[..length]);
    buffers.with_borrow_mut(|buffers| buffers.push(buffer));
    result
}

/// Buffers of a thread.
pub type Buffers<P> = RefCell<Vec<Vec<P>>>;

/// A number that is multiplied and summed: a lane holds it as it is.
pub trait Number: Copy + Default + Send + Sync + Mul<Output = Self> + AddAssign + Add<Output = Self> + 'static {
    /// The additive identity.
    const ZERO: Self;
    /// The multiplicative identity.
    const ONE: Self;

    /// See [`Lane::buffers`].
    fn buffers_of_numbers() -> &'static LocalKey<Buffers<Self>>;
}

thread_local! {
    static SINGLES: Buffers<f32> = RefCell::default();
    static DOUBLES: Buffers<f64> = RefCell::default();
    static PAIRS: Buffers<Pair> = RefCell::default();
    static ROUNDED: Buffers<Bfloat16> = RefCell::default();
}

impl Number for f32 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn buffers_of_numbers() -> &'static LocalKey<Buffers<Self>> {
        &SINGLES
    }
}

impl Number for f64 {
    const ZERO: Self = 0.0;
    const ONE: Self = 1.0;

    fn buffers_of_numbers() -> &'static LocalKey<Buffers<Self>> {
        &DOUBLES
    }
}

impl<N: Number> Lane for N {
    type Number = Self;
    const NUMBERS: usize = 1;
    type Single = Self;

    #[inline(always)]
    fn of(number: impl Fn(usize) -> Self) -> Self {
        number(0)
    }

    #[inline(always)]
    fn single(number: Self) -> Self {
        number
    }

    #[inline(always)]
    fn of_singles(single: impl Fn(usize) -> Self) -> Self {
        single(0)
    }

    #[inline(always)]
    fn add_products(self, other: Self, sum: Self) -> Self {
        sum + self * other
    }

    fn lay(numbers: &[Self], laid: &mut [Self]) {
        laid.copy_from_slice(numbers);
    }

    fn in_place(numbers: &[Self]) -> Option<&[Self]> {
        Some(numbers)
    }

    fn buffers() -> &'static LocalKey<Buffers<Self>> {
        N::buffers_of_numbers()
    }

    fn buffers_of_singles() -> &'static LocalKey<Buffers<Self>> {
        N::buffers_of_numbers()
    }
}

impl Lane for Pair {
    type Number = f32;
    const NUMBERS: usize = 2;
    type Single = Bfloat16;

    #[inline(always)]
    fn of(number: impl Fn(usize) -> f32) -> Self {
        Self::new(number(0), number(1))
    }

    #[inline(always)]
    fn single(number: f32) -> Bfloat16 {
        Bfloat16::nearest(number)
    }

    #[inline(always)]
    fn of_singles(single: impl Fn(usize) -> Bfloat16) -> Self {
        Self::of_rounded(single(0), single(1))
    }

    #[inline(always)]
    fn add_products(self, other: Self, sum: f32) -> f32 {
        sum + self.second() * other.second() + self.first() * other.first()
    }

    fn lay(numbers: &[f32], laid: &mut [Self]) {
        let (pairs, _) = numbers.as_chunks();
        vectorised(|| laid.iter_mut().zip(pairs).for_each(|(laid, &[first, second])| *laid = Self::new(first, second)));
    }

    fn in_place(_: &[f32]) -> Option<&[Self]> {
        None
    }

    fn buffers() -> &'static LocalKey<Buffers<Self>> {
        &PAIRS
    }

    fn buffers_of_singles() -> &'static LocalKey<Buffers<Bfloat16>> {
        &ROUNDED
    }
}
