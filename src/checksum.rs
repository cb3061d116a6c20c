//! The checksum of a migration's text.

use std::{borrow::Cow, fmt, str::FromStr};

use sha2::{Digest, Sha256};

/// The SHA-256 of a migration's up side, in its canonical text: UTF-8, without a byte order mark, lines ended by `\n`.
///
/// A checkout with other line ends has the same checksum. It is written `sha256:` and 64 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Checksum([u8; 32]);

impl Checksum {
    /// The checksum of a text, whose canonical form is taken first.
    ///
    /// ```
    /// use ambix::migration::Checksum;
    /// assert_eq!(Checksum::of("select 1;\r\n"), Checksum::of("select 1;\n"));
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(canonical(text).as_bytes()).into())
    }

    /// The checksum of parts, each ended by a byte that cannot be in a text.
    pub(crate) fn of_parts<'p>(parts: impl Iterator<Item = &'p [u8]>) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
            hash.update([0]);
        }
        Self(hash.finalize().into())
    }
}

impl Checksum {
    /// As it is written. Every start compares one of these for each migration, so it is made without a formatter.
    pub(crate) fn written(&self) -> [u8; 71] {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"sha256:0000000000000000000000000000000000000000000000000000000000000000";
        for (pair, byte) in text[7..].chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        text
    }

    /// Whether this is how the checksum is written.
    pub(crate) fn is(&self, written: &str) -> bool {
        self.written() == written.as_bytes()
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.written()))
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Checksum {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unreadable = || format!("{text:?} is not a checksum (`sha256:` and 64 hex digits)");
        let hex = text
            .strip_prefix("sha256:")
            .filter(|hex| hex.len() == 64 && hex.is_ascii())
            .ok_or_else(unreadable)?;
        let mut bytes = [0; 32];
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&hex[at..at + 2], 16).map_err(|_| unreadable())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Checksum {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Without a byte order mark, and with lines ended by `\n`.
pub(crate) fn canonical(text: &str) -> Cow<'_, str> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.contains("\r\n") { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) }
}
