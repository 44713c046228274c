//! Base62 (`0-9A-Za-z`): the alphabet of every id and secret that Keywright prints.
//!
//! Fixed-width, big-endian, left-padded with `0`. Chosen over base64url because a double click selects the whole word.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The value of one digit, or `None` outside the alphabet.
pub const fn value_of(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'Z' => Some(digit - b'A' + 10),
        b'a'..=b'z' => Some(digit - b'a' + 36),
        _ => None,
    }
}

/// True if every byte is a base62 digit.
pub fn is_base62(text: &[u8]) -> bool {
    text.iter().all(|&byte| value_of(byte).is_some())
}

/// The digit of `value % 62`.
pub const fn digit(value: u8) -> u8 {
    DIGITS[(value % 62) as usize]
}

/// Writes `value` into all of `out`; digits that do not fit are dropped from the front.
pub fn write_u64(mut value: u64, out: &mut [u8]) {
    for slot in out.iter_mut().rev() {
        *slot = digit((value % 62) as u8);
        value /= 62;
    }
}

/// Reads a number of at most `u64::MAX`; `None` for a foreign character or overflow.
pub fn read_u64(text: &[u8]) -> Option<u64> {
    text.iter().try_fold(0u64, |sum, &byte| sum.checked_mul(62)?.checked_add(u64::from(value_of(byte)?)))
}

/// Encodes 32 bytes, read as one 256-bit big-endian integer, in 43 digits (62^43 > 2^256).
pub fn encode_256(bytes: &[u8; 32]) -> [u8; 43] {
    let mut number = *bytes;
    let mut out = [b'0'; 43];
    for slot in out.iter_mut().rev() {
        let mut remainder = 0u32;
        for byte in &mut number {
            let value = (remainder << 8) | u32::from(*byte);
            *byte = (value / 62) as u8;
            remainder = value % 62;
        }
        *slot = digit(remainder as u8);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_256_bit_number_fits_in_43_digits() {
        let text = encode_256(&[0xff; 32]);
        assert_eq!(std::str::from_utf8(&text).unwrap(), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
        assert!(is_base62(&text));
        assert_eq!(encode_256(&[0; 32]), [b'0'; 43]);
    }

    proptest! {
        #[test]
        fn numbers_survive_the_round_trip(value: u64) {
            let mut out = [0; 11];
            write_u64(value, &mut out);
            prop_assert_eq!(read_u64(&out), Some(value));
        }

        #[test]
        fn the_low_64_bits_of_a_256_bit_number_are_the_same_number(value: u64) {
            let mut bytes = [0; 32];
            bytes[24..].copy_from_slice(&value.to_be_bytes());
            prop_assert_eq!(read_u64(&encode_256(&bytes)), Some(value));
        }
    }
}
