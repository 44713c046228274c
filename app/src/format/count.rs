//! Counts, shares and durations, as short as they can be without hiding what matters.

/// `1,204`
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `640`, `18.2k`, `1.9M`, `8.1G`: three digits from a thousand on.
pub fn tokens(count: u64) -> String {
    // Each bound is where the next unit down would round to a thousand.
    let (unit, name) = match count {
        0..1_000 => return count.to_string(),
        1_000..999_500 => (1_000, "k"),
        999_500..999_500_000 => (1_000_000, "M"),
        _ => (1_000_000_000, "G"),
    };
    let tenths = (count / (unit / 100) + 5) / 10;
    if tenths < 1_000 {
        return format!("{}.{}{name}", tenths / 10, tenths % 10);
    }
    format!("{}{name}", grouped(count / unit + u64::from(count % unit >= unit / 2)))
}

/// `91 %` of a whole, rounded down so that 100 % means all of it; `0 %` of nothing.
pub fn percent(part: u64, whole: u64) -> String {
    let share = (u128::from(part) * 100).checked_div(u128::from(whole)).unwrap_or(0);
    if part > 0 && share == 0 { "<1 %".to_owned() } else { format!("{share} %") }
}

/// `640 B`, `18 kB`, `1.2 GB`
pub fn bytes(count: u64) -> String {
    let (unit, name) = match count {
        0..1_000 => return format!("{count} B"),
        1_000..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    match count / unit {
        few @ 0..10 => format!("{few}.{} {name}", count % unit / (unit / 10)),
        many => format!("{} {name}", grouped(many)),
    }
}

/// `412 ms`, `6.1 s`, `2 min 5 s`, `1 h 4 min`
pub fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms % 60_000 / 1_000),
        _ => format!("{} h {} min", grouped(ms / 3_600_000), ms % 3_600_000 / 60_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_in_threes() {
        for (count, text) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (1_204, "1,204"), (u64::MAX, "18,446,744,073,709,551,615")]
        {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn token_counts_keep_three_digits() {
        for (count, text) in [
            (0, "0"),
            (640, "640"),
            (1_000, "1.0k"),
            (18_234, "18.2k"),
            (99_949, "99.9k"),
            (99_950, "100k"),
            (410_600, "411k"),
            (999_499, "999k"),
            (999_500, "1.0M"),
            (1_940_000, "1.9M"),
            (8_100_000_000, "8.1G"),
            (u64::MAX, "18,446,744,074G"),
        ] {
            assert_eq!(tokens(count), text, "{count}");
        }
    }

    #[test]
    fn a_share_reaches_100_only_when_whole() {
        assert_eq!(percent(0, 0), "0 %");
        assert_eq!(percent(1, 1_000), "<1 %");
        assert_eq!(percent(999, 1_000), "99 %");
        assert_eq!(percent(1_000, 1_000), "100 %");
        assert_eq!(percent(u64::MAX, u64::MAX), "100 %");
    }

    #[test]
    fn room_is_told_in_the_largest_unit_that_it_fills() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (18_999, "18 kB"),
            (1_234_567_890, "1.2 GB"),
            (u64::MAX, "18,446,744,073 GB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn durations_change_units_where_people_do() {
        for (ms, text) in [
            (0, "0 ms"),
            (412, "412 ms"),
            (999, "999 ms"),
            (1_000, "1.0 s"),
            (6_149, "6.1 s"),
            (125_000, "2 min 5 s"),
            (3_840_000, "1 h 4 min"),
        ] {
            assert_eq!(duration(ms), text);
        }
    }
}
