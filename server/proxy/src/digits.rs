//! Numbers and amounts as they stand in an answer's headers, digit by digit: the machinery that formats anything took
//! longer than everything else about such a header.

use domain::money::{NANO_PER_DOLLAR, NanoUsd};

/// As many as the largest number has.
const MOST: usize = 20;

/// As text: what is written here is ASCII.
pub(crate) fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut text = Vec::with_capacity(MOST);
    write(&mut text);
    String::from_utf8(text).expect("digits and points are ASCII")
}

pub(crate) fn push_number(text: &mut Vec<u8>, number: u64) {
    push_padded(text, number, 1);
}

/// With zeros in front, up to so many digits.
fn push_padded(text: &mut Vec<u8>, mut number: u64, places: usize) {
    let mut digits = [b'0'; MOST];
    let mut first = MOST;
    while number > 0 {
        first -= 1;
        digits[first] = b'0' + (number % 10) as u8;
        number /= 10;
    }
    text.extend_from_slice(&digits[first.min(MOST.saturating_sub(places))..]);
}

/// The digits behind the point of `number` such parts, of which ten to the power of `places` are a whole; at least so many
/// of them, and no zeros behind.
pub(crate) fn push_fraction(text: &mut Vec<u8>, mut number: u64, mut places: usize, least: usize) {
    while places > least && number.is_multiple_of(10) {
        number /= 10;
        places -= 1;
    }
    if places > 0 {
        text.push(b'.');
        push_padded(text, number, places);
    }
}

/// An amount as exact text: `12.40`.
pub(crate) fn push_dollars(text: &mut Vec<u8>, amount: NanoUsd) {
    if amount < NanoUsd::ZERO {
        text.push(b'-');
    }
    let (nano, whole) = (amount.as_nano().unsigned_abs(), NANO_PER_DOLLAR.unsigned_abs());
    push_number(text, nano / whole);
    push_fraction(text, nano % whole, 9, 2);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_edges_have_all_their_digits() {
        for number in [0, 7, 10, 109, u64::MAX] {
            assert_eq!(text(|into| push_number(into, number)), number.to_string());
        }
        for nano in [0, 1, -1, 12_400_000_000, 300_001, 10, i64::MAX, i64::MIN] {
            let amount = NanoUsd::from_nano(nano);
            assert_eq!(text(|into| push_dollars(into, amount)), amount.to_string().replace('$', ""));
        }
    }

    proptest! {
        #[test]
        fn amounts_read_as_everywhere_else(nano in any::<i64>(), digits in 0u32..19) {
            let amount = NanoUsd::from_nano(nano / 10i64.pow(digits) * 10i64.pow(digits));
            prop_assert_eq!(text(|into| push_dollars(into, amount)), amount.to_string().replace('$', ""));
        }
    }
}
