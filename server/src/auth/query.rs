//! Parameters of a query or form, where a repeated one is none: two readers could disagree about which counts.

/// The value of a parameter that was sent exactly once.
pub(super) fn only(pairs: &str, name: &str) -> Option<String> {
    let mut values = url::form_urlencoded::parse(pairs.as_bytes()).filter(|(key, _)| key == name);
    let (_, first) = values.next()?;
    values.next().is_none().then(|| first.into_owned())
}

#[cfg(test)]
mod tests {
    use super::only;

    #[test]
    fn a_repeated_parameter_is_none() {
        assert_eq!(only("a=1&b=x%20y+z", "b").as_deref(), Some("x y z"));
        assert_eq!(only("a=1&a=1", "a"), None);
        assert_eq!(only("a=1&%61=2", "a"), None);
        assert_eq!(only("", "a"), None);
    }
}
