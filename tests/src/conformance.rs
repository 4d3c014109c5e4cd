//! Compares two outputs of a KEY=VALUE ROM, line by line, against rules.

/// A key whose value may differ from the reference, and why.
pub struct Allowed {
    pub key: &'static str,
    /// What is right besides the reference's value.
    pub values: &'static [&'static str],
    pub because: &'static str,
}

/// Bytes of the dumped state save area that are not compared, and why.
pub struct Unsettled {
    pub key: &'static str,
    pub byte: usize,
    pub because: &'static str,
}

/// The rules for one comparison.
pub struct Rules {
    pub allowed: &'static [Allowed],
    pub unsettled: &'static [Unsettled],
}

impl Rules {
    /// One sentence for each line that differs against the rules; none if all is well.
    pub fn differences(&self, reference: &[&str], ours: &[&str]) -> Vec<String> {
        let mut out: Vec<String> = reference
            .iter()
            .zip(ours)
            .enumerate()
            .filter(|(_, (reference, ours))| !self.agree(reference, ours))
            .map(|(n, (reference, ours))| format!("line {}: reference {reference}, ours {ours}", n + 1))
            .collect();
        if reference.len() != ours.len() {
            out.push(format!("the reference has {} lines, ours {}", reference.len(), ours.len()));
        }
        out
    }

    fn agree(&self, reference: &str, ours: &str) -> bool {
        let (Some((key, expected)), Some((our_key, value))) = (reference.split_once('='), ours.split_once('=')) else {
            return reference == ours;
        };
        key == our_key && (expected == value || self.allows(key, value) || self.same_bytes(key, expected, value))
    }

    fn allows(&self, key: &str, value: &str) -> bool {
        self.allowed.iter().any(|rule| rule.key == key && rule.values.contains(&value))
    }

    /// Rows of the state save area: CC in the reference is a byte that it never wrote.
    fn same_bytes(&self, key: &str, expected: &str, value: &str) -> bool {
        let row = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (expected, value) = (row(expected), row(value));
        let unsettled = |byte| self.unsettled.iter().any(|rule| rule.key == key && rule.byte == byte);
        key.contains(".area.")
            && expected.len() == value.len()
            && expected.iter().zip(&value).enumerate().all(|(n, (e, v))| e == v || e == "CC" || unsettled(n))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules = Rules {
        allowed: &[Allowed { key: "a", values: &["2"], because: "" }],
        unsettled: &[Unsettled { key: "x.area.7E00", byte: 2, because: "" }],
    };

    #[test]
    fn only_what_a_rule_names_may_differ() {
        assert!(RULES.differences(&["a=1", "b=1", "text"], &["a=2", "b=1", "text"]).is_empty());
        assert_eq!(RULES.differences(&["a=1", "b=1"], &["a=3", "b=2"]).len(), 2);
        assert_eq!(RULES.differences(&["a=1", "b=1"], &["a=1"]), ["the reference has 2 lines, ours 1"]);
    }

    #[test]
    fn bytes_that_the_reference_never_wrote_are_not_compared() {
        assert!(RULES.differences(&["x.area.7E00=01 CC 03"], &["x.area.7E00=01 55 66"]).is_empty());
        assert_eq!(RULES.differences(&["x.area.7E00=01 CC 03"], &["x.area.7E00=02 CC 03"]).len(), 1);
    }
}
