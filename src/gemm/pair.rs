//! Two numbers of half the bits in the place of one: the operands of 16-bit products.

/// Two neighbours along the summed dimension, each rounded to bfloat16, which is the upper half of a single: sign, eight
/// bits of exponent, seven of the mantissa.
///
/// A register's lane holds both, and an instruction multiplies them with another pair and adds both products to the
/// lane's one sum. So where a tile of `f32` takes a step along the sum, one of pairs takes two, and all else about it is
/// the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Pair(u32);

/// The upper half of a pair, or of a single.
pub const UPPER: u32 = 0xffff_0000;

impl Pair {
    /// Both numbers, rounded.
    #[inline(always)]
    pub fn new(first: f32, second: f32) -> Self {
        Self(nearest(first) >> 16 | nearest(second) & UPPER)
    }

    /// Both numbers, rounded already.
    #[inline(always)]
    pub fn of_rounded(Bfloat16(first): Bfloat16, Bfloat16(second): Bfloat16) -> Self {
        Self(u32::from(first) | u32::from(second) << 16)
    }

    /// The number in the lower half.
    #[inline(always)]
    pub fn first(self) -> f32 {
        f32::from_bits(self.0 << 16)
    }

    /// The number in the upper half.
    #[inline(always)]
    pub fn second(self) -> f32 {
        f32::from_bits(self.0 & UPPER)
    }
}

/// A number of 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Bfloat16(u16);

impl Bfloat16 {
    /// The nearest one, ties to even.
    #[inline(always)]
    pub fn nearest(x: f32) -> Self {
        Self((nearest(x) >> 16) as u16)
    }
}

/// The bits of a single whose upper half is the nearest bfloat16, ties to even; the lower half is anything. What is no
/// number stays none.
#[inline(always)]
pub fn nearest(x: f32) -> u32 {
    let bits = x.to_bits();
    // Half a unit less one bit, and one more where the last bit that stays is odd, so that a tie carries only then. A
    // carry out of the mantissa goes into the exponent, which is right: the largest numbers round to infinity.
    let rounded = bits.wrapping_add(0x7fff + (bits >> 16 & 1));
    if x.is_nan() { bits | 1 << 22 } else { rounded }
}

/// The nearest bfloat16, as a single.
#[inline(always)]
pub fn rounded(x: f32) -> f32 {
    f32::from_bits(nearest(x) & UPPER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_nearest_is_nearer_than_its_neighbours(bits: u32) {
            let x = f32::from_bits(bits);
            let found = rounded(x);
            prop_assert_eq!(found.to_bits() & !UPPER, 0);
            if x.is_nan() {
                prop_assert!(found.is_nan());
            } else if found.is_finite() {
                let distance = |y: f32| (f64::from(x) - f64::from(y)).abs();
                let neighbours = [found.to_bits() - (1 << 16), found.to_bits() + (1 << 16)].map(f32::from_bits);
                for y in neighbours.into_iter().filter(|y| y.is_finite() && y.signum() == found.signum()) {
                    let tie = distance(y) == distance(found);
                    prop_assert!(distance(found) < distance(y) || tie && found.to_bits() >> 16 & 1 == 0, "{x} to {found}");
                }
            } else {
                // Beyond half a unit above the largest bfloat16.
                prop_assert!(x.abs() >= f32::from_bits(0x7f7f_8000), "{x} to {found}");
            }
            let pair = Pair::new(x, 1.5);
            prop_assert!(pair.first().to_bits() == found.to_bits() && pair.second() == 1.5);
            prop_assert_eq!(Pair::of_rounded(Bfloat16::nearest(x), Bfloat16::nearest(1.5)), pair);
        }
    }

    #[test]
    fn ties_go_to_even() {
        // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷; 1 + 3·2⁻⁸ between that and 1 + 2⁻⁶.
        assert_eq!([1.0 + 2f32.powi(-8), 1.0 + 3.0 * 2f32.powi(-8)].map(rounded), [1.0, 1.0 + 2f32.powi(-6)]);
        assert_eq!(rounded(f32::MAX), f32::INFINITY);
        assert_eq!(rounded(f32::NEG_INFINITY), f32::NEG_INFINITY);
        assert_eq!(rounded(-0.0).to_bits(), (-0.0f32).to_bits());
        assert!(rounded(f32::from_bits(0x7f80_0001)).is_nan(), "a NaN whose upper half is infinity's");
    }
}
