//! Whether one type can hold every value of another, so that it can be read back.
//!
//! It is a rule and no list of pairs: each database says what its types hold, as [`ValueRange`], and whatever is not known to be held
//! counts as lost.

/// What a type holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ValueRange {
    /// Whole numbers, from the least to the largest.
    Whole { least: i128, largest: i128 },
    /// Exact numbers: digits before the point and behind it.
    Exact { whole: i64, scale: i64, unsigned: bool },
    /// Binary fractions of so many bits. `written` says whether their text is the number itself, and not what it is near to.
    Float { bits: u32, written: bool },
    /// True or false.
    Boolean,
    /// A text; one that is padded has no spaces at its end.
    Text(TextRange),
    /// Bytes; padded ones have one length.
    Bytes { longest: u64, padded: bool },
    /// So many bits, which are a number.
    Bits { count: u32 },
    /// A day.
    Date,
    /// A time of day, or more than a day of it, with so many digits of a second.
    Time { digits: u32, offset: bool, days: bool },
    /// Day and time.
    Timestamp { digits: u32 },
    /// A span of time down to this field (0 is the year), with so many digits of a second.
    Span { last: u32, digits: u32 },
    /// A year of four digits.
    Year,
    /// One of these, which are literals.
    One(Vec<String>),
    /// Any of these.
    Many(Vec<String>),
    /// What has a text of at most so many characters, where that is known; of it nothing else is.
    Other { name: String, width: Option<u64> },
}

/// How long a text may be, and of which characters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TextRange {
    pub(crate) characters: u64,
    pub(crate) bytes: u64,
    pub(crate) padded: bool,
    /// Empty where a database has one for all.
    pub(crate) charset: String,
}

const UNFIT: &str = "values that do not fit are cut off or make it fail";
const FRACTION: &str = "digits behind the point are rounded away";
const BINARY: &str = "numbers are rounded to what a binary fraction holds";
const SECONDS: &str = "fractions of a second are lost";
const UNKNOWN: &str =
    "values of the old type that are none of the new one are lost or make it fail";
const NO_TEXT: &str = "texts that are no such value are lost or make it fail";
const CHARACTERS: &str =
    "characters that the new character set does not have are lost or make it fail";

/// What is lost where values of the one type become the other's, in a few words; none where each can be read back.
pub(crate) fn lost(from: &ValueRange, to: &ValueRange) -> Option<&'static str> {
    use ValueRange as V;
    if from == to {
        return None;
    }
    let unless = |fits: bool, why: &'static str| (!fits).then_some(why);
    match (from, to) {
        (_, V::Text(to)) => to_text(from, to),
        (V::Text(from), V::Bytes { longest, padded: false }) => {
            unless(from.bytes <= *longest, UNFIT)
        }
        (V::Text(_), _) => Some(NO_TEXT),
        (V::Bytes { longest: from, .. }, V::Bytes { longest, padded }) => {
            unless(from <= longest && !padded, UNFIT)
        }
        (V::One(from) | V::Many(from), V::Many(to)) | (V::One(from), V::One(to)) => {
            let is_there = from.iter().all(|value| to.contains(value));
            unless(is_there, "values that are not among the new ones are lost or make it fail")
        }
        (V::One(_) | V::Many(_), _) => Some("of a value only its number is kept"),
        (V::Date, V::Timestamp { .. }) => None,
        (V::Timestamp { .. }, V::Date) => Some("the time of day is lost"),
        (V::Timestamp { .. }, V::Time { .. }) => Some("the day is lost"),
        (V::Timestamp { digits: from }, V::Timestamp { digits }) => unless(from <= digits, SECONDS),
        (V::Time { offset: true, .. }, V::Time { offset: false, .. }) => {
            Some("the offset from UTC is lost")
        }
        (V::Time { digits: from, days, .. }, V::Time { digits, days: to, .. }) => {
            unless(from <= digits, SECONDS).or_else(|| unless(*to || !*days, UNFIT))
        }
        (V::Time { digits: from, offset: false, .. }, V::Span { last: 5, digits }) => {
            unless(from <= digits, SECONDS)
        }
        (V::Span { last: from, digits: had }, V::Span { last, digits }) => {
            let fields = unless(from <= last, "what is smaller than the last field is lost");
            fields.or_else(|| unless(had <= digits || *from < 5, SECONDS))
        }
        _ => number_lost(from, to),
    }
}

fn number_lost(from: &ValueRange, to: &ValueRange) -> Option<&'static str> {
    use ValueRange as V;
    let range = match from {
        V::Whole { least, largest } => Some((*least, *largest)),
        V::Boolean => Some((0, 1)),
        V::Year => Some((0, 2155)),
        V::Bits { count } => Some((0, ones(*count))),
        _ => None,
    };
    let is_bits = matches!((from, to), (V::Bits { .. }, V::Whole { .. } | V::Bits { .. }));
    let fits = match (range, to) {
        (Some(_), _) if matches!(from, V::Bits { .. }) && !is_bits => return Some(UNKNOWN),
        (Some((least, largest)), V::Whole { least: low, largest: high }) => {
            *low <= least && largest <= *high
        }
        (Some((least, largest)), V::Exact { whole, unsigned, .. }) => {
            largest.max(-least) <= nines(*whole) && (least >= 0 || !unsigned)
        }
        (Some((least, largest)), V::Float { bits, .. }) => largest.max(-least) <= ones(*bits) + 1,
        (Some((least, largest)), V::Bits { count }) => least >= 0 && largest <= ones(*count),
        (Some(_), V::Boolean) => return Some("only whether a number is zero is kept"),
        (None, V::Boolean) if is_number(from) => {
            return Some("only whether a number is zero is kept");
        }
        _ => return fraction_lost(from, to),
    };
    (!fits).then_some(UNFIT)
}

fn fraction_lost(from: &ValueRange, to: &ValueRange) -> Option<&'static str> {
    use ValueRange as V;
    let fits = match (from, to) {
        (V::Exact { scale, .. }, V::Whole { .. }) if *scale > 0 => return Some(FRACTION),
        (V::Exact { whole, unsigned, .. }, V::Whole { least, largest }) => {
            nines(*whole) <= *largest && *least <= if *unsigned { 0 } else { -nines(*whole) }
        }
        (V::Exact { scale, .. }, V::Exact { scale: to, .. }) if scale > to => {
            return Some(FRACTION);
        }
        (V::Exact { whole, unsigned, .. }, V::Exact { whole: to, unsigned: to_unsigned, .. }) => {
            whole <= to && (*unsigned || !to_unsigned)
        }
        // What a decimal fraction is near to is another number.
        (V::Exact { whole, scale, .. }, V::Float { bits, .. }) => {
            return (*scale > 0 || nines(*whole) > ones(*bits)).then_some(BINARY);
        }
        (V::Float { .. }, V::Whole { .. }) => return Some(FRACTION),
        (V::Float { .. }, V::Exact { .. }) => return Some("digits are rounded away"),
        (V::Float { bits, .. }, V::Float { bits: to, .. }) => {
            return (bits > to).then_some("digits are rounded away");
        }
        _ => return Some(UNKNOWN),
    };
    (!fits).then_some(UNFIT)
}

fn is_number(values: &ValueRange) -> bool {
    matches!(values, ValueRange::Whole { .. } | ValueRange::Exact { .. } | ValueRange::Float { .. })
}

/// The largest number of so many bits.
fn ones(bits: u32) -> i128 {
    (1_i128 << bits.min(120)) - 1
}

/// The largest whole number of so many digits.
fn nines(digits: i64) -> i128 {
    let digits = u32::try_from(digits.clamp(0, 36)).unwrap_or(36);
    10_i128.pow(digits) - 1
}

fn to_text(from: &ValueRange, to: &TextRange) -> Option<&'static str> {
    match from {
        ValueRange::Text(from) => text_to_text(from, to),
        ValueRange::Float { written: false, .. } => Some("digits are rounded away"),
        ValueRange::Bytes { .. } => Some("bytes that are no text are lost or make it fail"),
        ValueRange::Bits { .. } => Some(UNKNOWN),
        ValueRange::Other { width: None, .. } if to.characters < u64::from(u32::MAX) => Some(UNFIT),
        _ => {
            let width = width(from).unwrap_or_default();
            (width > to.characters || width > to.bytes).then_some(UNFIT)
        }
    }
}

fn text_to_text(from: &TextRange, to: &TextRange) -> Option<&'static str> {
    if !is_in_charset(&from.charset, &to.charset) {
        return Some(CHARACTERS);
    }
    let bytes = if widest(&to.charset) == widest(&from.charset) || keeps_bytes(from, to) {
        from.bytes
    } else {
        from.characters.saturating_mul(widest(&to.charset)).max(from.bytes)
    };
    if from.characters > to.characters || bytes > to.bytes {
        return Some(UNFIT);
    }
    (to.padded && !from.padded).then_some("spaces at the end are lost")
}

/// The longest text that a value has.
fn width(of: &ValueRange) -> Option<u64> {
    let digits = |number: i128| u64::from(number.unsigned_abs().max(1).ilog10()) + 1;
    let seconds = |digits: u32| u64::from(if digits > 0 { digits + 1 } else { 0 });
    Some(match of {
        ValueRange::Whole { least, largest } => {
            (digits(*least) + u64::from(*least < 0)).max(digits(*largest))
        }
        ValueRange::Exact { whole, scale, .. } => {
            u64::try_from(whole.saturating_add((*scale).max(0)).saturating_add(3))
                .unwrap_or(u64::MAX)
        }
        ValueRange::Float { .. } => 24,
        ValueRange::Boolean => 5,
        ValueRange::Date => 13,
        ValueRange::Time { digits, offset, .. } => {
            10 + seconds(*digits) + if *offset { 9 } else { 0 }
        }
        // Years of six digits before our time, and an offset.
        ValueRange::Timestamp { digits } => 19 + seconds(*digits),
        ValueRange::Span { .. } => 64,
        ValueRange::Year => 4,
        // They stand in quotes.
        ValueRange::One(values) => values.iter().map(|value| length(value)).max()?,
        ValueRange::Many(values) => {
            values.iter().map(|value| length(value) + 1).sum::<u64>().saturating_sub(1)
        }
        ValueRange::Other { width, .. } => return *width,
        ValueRange::Text(_) | ValueRange::Bytes { .. } | ValueRange::Bits { .. } => return None,
    })
}

/// How many characters a literal has at most.
fn length(literal: &str) -> u64 {
    (literal.chars().count() as u64).saturating_sub(2)
}

/// The character sets that have every character.
const WHOLE: [&str; 5] = ["utf8mb4", "utf16", "utf16le", "utf32", "gb18030"];
/// Those that have the first 65,536 of them.
const FIRST: [&str; 3] = ["utf8", "utf8mb3", "ucs2"];

/// Whether a character set has every character of another one.
pub(crate) fn is_in_charset(from: &str, to: &str) -> bool {
    from == to
        || from == "ascii" && to != "binary"
        || WHOLE.contains(&to)
        || FIRST.contains(&to) && !WHOLE.contains(&from) && from != "binary"
}

/// Whether a text has the same bytes in both.
fn keeps_bytes(from: &TextRange, to: &TextRange) -> bool {
    let short = ["ascii", "utf8", "utf8mb3"];
    from.charset == "ascii" && !["utf16", "utf16le", "utf32", "ucs2"].contains(&to.charset.as_str())
        || short.contains(&from.charset.as_str())
            && ["utf8", "utf8mb3", "utf8mb4"].contains(&to.charset.as_str())
}

/// How many bytes a character takes at most.
pub(crate) fn widest(charset: &str) -> u64 {
    match charset {
        "utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030" => 4,
        "utf8" | "utf8mb3" | "ujis" | "eucjpms" => 3,
        "ucs2" | "big5" | "gbk" | "gb2312" | "sjis" | "cp932" | "euckr" => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_digits_and_bits() {
        assert_eq!((nines(0), nines(2), ones(0), ones(8)), (0, 99, 0, 255));
        let int = ValueRange::Whole { least: -(1 << 31), largest: (1 << 31) - 1 };
        assert_eq!(width(&int), Some(11));
        let exact = |whole| ValueRange::Exact { whole, scale: 0, unsigned: false };
        assert_eq!(lost(&int, &exact(10)), None);
        assert_eq!(lost(&int, &exact(9)), Some(UNFIT));
        assert_eq!(lost(&int, &ValueRange::Float { bits: 24, written: true }), Some(UNFIT));
    }
}
