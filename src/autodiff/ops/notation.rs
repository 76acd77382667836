//! How formulas are written: see [`Operation::formula`](crate::autodiff::Operation::formula).

use std::fmt::{Display, LowerExp};

/// A constant as one writes it: `−0.5`, `1e-5`.
pub(super) fn number(x: impl Display + LowerExp) -> String {
    let (plain, short) = (format!("{x}"), format!("{x:e}"));
    let written = if plain.len() > short.len() + 1 { short } else { plain };
    match written.strip_prefix('-') {
        Some(magnitude) => format!("−{magnitude}"),
        None => written,
    }
}

/// An exponent: `³`, `⁻¹`.
pub(super) fn raised(exponent: i32) -> String {
    let raise = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).expect("there is a raised form of each digit"),
    };
    exponent.to_string().chars().map(raise).collect()
}

/// The first of these numbers: `[2, 0, 1, …]`.
pub(super) fn listed(numbers: &[u32]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = numbers.iter().take(SHOWN).map(u32::to_string).collect();
    format!("[{}{}]", shown.join(", "), if numbers.len() > SHOWN { ", …" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.2, -2.0, 1e-5, 0.75, 1e30].map(number), ["0.2", "−2", "1e-5", "0.75", "1e30"]);
        assert_eq!(number(0.1f32), "0.1", "not as long as it would be in double precision");
        assert_eq!([2, 13, -1, 0].map(raised), ["²", "¹³", "⁻¹", "⁰"]);
        assert_eq!((listed(&[3, 1]), listed(&[7; 9])), ("[3, 1]".into(), "[7, 7, 7, 7, 7, 7, 7, 7, …]".into()));
    }
}
