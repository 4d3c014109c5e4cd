//! One line of the protocol: words between single spaces, numbers as C writes them.

pub struct Line<'a> {
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    pub fn new(text: &'a str) -> Self {
        Line { words: text.trim_end_matches(['\n', '\r']).split(' ').collect() }
    }

    pub fn name(&self) -> &'a str {
        self.words.first().copied().unwrap_or_default()
    }

    pub fn has(&self, at: usize) -> bool {
        self.words.get(at).is_some_and(|word| !word.is_empty())
    }

    pub fn word(&self, at: usize, what: &str) -> Result<&'a str, String> {
        match self.words.get(at) {
            Some(word) if !word.is_empty() => Ok(word),
            _ => Err(format!("{}: {what} is missing", self.name())),
        }
    }

    /// Decimal, 0x… hexadecimal, 0… octal; with a minus, the two's complement.
    pub fn number(&self, at: usize, what: &str) -> Result<u64, String> {
        let word = self.word(at, what)?;
        let (minus, size) = match word.strip_prefix('-') {
            Some(size) => (true, size),
            None => (false, word),
        };
        let digits = |prefix| size.strip_prefix(prefix);
        let (digits, radix) = match (digits("0x").or_else(|| digits("0X")), digits("0")) {
            (Some(hex), _) => (hex, 16),
            (None, Some(octal)) if !octal.is_empty() => (octal, 8),
            _ => (size, 10),
        };
        // from_str_radix would take a sign of its own.
        let number = digits.chars().all(|c| c.is_digit(radix)).then(|| u64::from_str_radix(digits, radix).ok());
        let number = number.flatten().map(|number| if minus { number.wrapping_neg() } else { number });
        number.ok_or_else(|| format!("{}: {what} is {word:?}, which is no number of 64 bits", self.name()))
    }

    pub fn at_most(&self, at: usize, what: &str, most: u64) -> Result<u64, String> {
        match self.number(at, what)? {
            number if number > most => Err(format!("{}: {what} is {number:#x}, at most {most:#x}", self.name())),
            number => Ok(number),
        }
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// What QEMU answers, behind `ERR`, to data of fewer than three characters.
pub const TOO_SHORT: &str = "invalid argument size";

/// `0x` and two digits a byte; a digit that is left over is dropped, as QEMU does.
pub fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    if text.len() < 3 {
        return Err(TOO_SHORT.into());
    }
    let digits = text.strip_prefix("0x").ok_or("DATA must begin with 0x")?.as_bytes();
    let digit = |c: u8| char::from(c).to_digit(16).ok_or_else(|| "DATA has what is no hex digit".to_owned());
    digits.chunks_exact(2).map(|pair| Ok((digit(pair[0])? << 4 | digit(pair[1])?) as u8)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_c_writes_them() {
        for (text, number) in [
            ("x 16", 16),
            ("x 0x10", 16),
            ("x 020", 16),
            ("x 0", 0),
            ("x 0xffffffffffffffff", u64::MAX),
            ("x -0x10", 0u64.wrapping_sub(16)),
        ] {
            assert_eq!(Line::new(text).number(1, "N"), Ok(number), "{text}");
        }
        for text in ["x", "x ", "x zz", "x 0x", "x 08", "x -", "x --1", "x +1", "x 0x+1", "x 0x1ffffffffffffffff"] {
            assert!(Line::new(text).number(1, "N").is_err(), "{text}");
        }
    }

    #[test]
    fn hex_there_and_back() {
        assert_eq!(hex(&[0, 0xab]), "0x00ab");
        assert_eq!(from_hex("0x00aB"), Ok(vec![0, 0xab]));
        assert_eq!(from_hex("0x00a"), Ok(vec![0]));
        assert_eq!(from_hex("0x"), Err(TOO_SHORT.into()));
        for text in ["00", "000", "0xzz", "0xé"] {
            assert!(from_hex(text).is_err(), "{text}");
        }
    }
}
