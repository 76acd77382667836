//! What one lane of a register holds of an operand: a number, or a pair of numbers of half the bits.

use super::pair::Pair;
use std::cell::RefCell;
use std::ops::{Add, AddAssign, Mul};
use std::thread::LocalKey;

/// What a lane holds: one number, or several neighbours along the summed dimension.
pub trait Lane: Copy + Send + Sync + 'static {
    /// What it is made of, and what products are summed in.
    type Number: Number;
    /// How many.
    const NUMBERS: usize;

    /// The lane of these numbers, `number(0)` and so on.
    fn of(number: impl Fn(usize) -> Self::Number) -> Self;

    /// The sum and the products of the two's numbers, the last number's first.
    fn add_products(self, other: Self, sum: Self::Number) -> Self::Number;

    /// The numbers where they lie, if lanes hold them as they are.
    fn in_place(numbers: &[Self::Number]) -> Option<&[Self]>;

    /// The buffers of this thread that are not lent.
    fn buffers() -> &'static LocalKey<Buffers<Self>>;

    /// Lends a buffer of this thread's, of this length and any content, which is kept from call to call. Buffers
    /// lent within each other are different ones.
    fn with_buffer<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R {
        let buffers = Self::buffers();
        let mut buffer = buffers.with_borrow_mut(Vec::pop).unwrap_or_default();
        buffer.resize(length.max(buffer.len()), Self::of(|_| Self::Number::ZERO));
        let result = work(&mut buffer[..length]);
        buffers.with_borrow_mut(|buffers| buffers.push(buffer));
        result
    }
}

/// Buffers of a thread.
pub type Buffers<P> = RefCell<Vec<Vec<P>>>;

/// A number that is multiplied and summed: a lane holds it as it is.
pub trait Number: Copy + Send + Sync + Mul<Output = Self> + AddAssign + Add<Output = Self> + 'static {
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

    #[inline(always)]
    fn of(number: impl Fn(usize) -> Self) -> Self {
        number(0)
    }

    #[inline(always)]
    fn add_products(self, other: Self, sum: Self) -> Self {
        sum + self * other
    }

    fn in_place(numbers: &[Self]) -> Option<&[Self]> {
        Some(numbers)
    }

    fn buffers() -> &'static LocalKey<Buffers<Self>> {
        N::buffers_of_numbers()
    }
}

impl Lane for Pair {
    type Number = f32;
    const NUMBERS: usize = 2;

    #[inline(always)]
    fn of(number: impl Fn(usize) -> f32) -> Self {
        Self::new(number(0), number(1))
    }

    #[inline(always)]
    fn add_products(self, other: Self, sum: f32) -> f32 {
        sum + self.second() * other.second() + self.first() * other.first()
    }

    fn in_place(_: &[f32]) -> Option<&[Self]> {
        None
    }

    fn buffers() -> &'static LocalKey<Buffers<Self>> {
        &PAIRS
    }
}
