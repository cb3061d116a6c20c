//! Points in time, as the databases give them.

use std::{
    fmt,
    str::FromStr,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A point in time by the database's clock, to the microsecond.
///
/// It is written as RFC 3339 has it, in UTC; a precision says how many digits of the second's fraction are shown.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let time: ambix::report::Timestamp = "2024-11-25T10:00:00.25Z".parse()?;
/// assert_eq!(time.to_string(), "2024-11-25T10:00:00.250000Z");
/// assert_eq!(format!("{time:.0}"), "2024-11-25T10:00:00Z");
/// assert_eq!(ambix::report::Timestamp::from(std::time::SystemTime::from(time)), time);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp {
    /// Microseconds since the first moment of 1970.
    micros: i64,
}

/// A text that is not a [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TimestampError {
    /// The text.
    pub text: String,
}

const DAY: i64 = 86_400;
const MICROS: i64 = 1_000_000;

impl Timestamp {
    /// The date and the time of day, as tables show them: `2024-11-25 10:00:00Z`.
    #[cfg(feature = "cli")]
    pub(crate) fn in_tables(self) -> String {
        let [year, month, day, hour, minute, second, _] = self.parts();
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
    }

    fn parts(self) -> [i64; 7] {
        let (seconds, micros) = (self.micros.div_euclid(MICROS), self.micros.rem_euclid(MICROS));
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let [year, month, day] = date_of(days);
        [year, month, day, second / 3600, second / 60 % 60, second % 60, micros]
    }
}

/// The days from 1970 to a date. Years begin in March here, so that a leap day is the last of its year.
fn days_to(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970.
fn date_of(days: i64) -> [i64; 3] {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, carried) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    [era * 400 + year + carried, month, day]
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    /// Reads RFC 3339 in UTC: `2024-11-25T10:00:00Z`, with any fraction of a second.
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        read(text).ok_or_else(|| TimestampError { text: text.to_owned() })
    }
}

fn read(text: &str) -> Option<Timestamp> {
    let (seconds, rest) = text.split_at_checked(19)?;
    let fraction = match rest.strip_suffix('Z')? {
        "" => "",
        fraction => fraction.strip_prefix('.')?,
    };
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let number = |from: usize, to: usize| -> Option<i64> {
        let digits = seconds.get(from..to).filter(|digits| is_digits(digits))?;
        digits.parse().ok()
    };
    let signs = [4, 7, 10, 13, 16].map(|at| seconds.as_bytes()[at]);
    if signs != *b"--T::" || !is_digits(fraction) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let days = days_to(year, month, day);
    // A leap second counts as the one after it.
    if date_of(days) != [year, month, day] || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let micros = format!("{:0<6}", &fraction[..fraction.len().min(6)]).parse::<i64>().ok()?;
    let seconds = days * DAY + hour * 3600 + minute * 60 + second;
    Some(Timestamp { micros: seconds * MICROS + micros })
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day, hour, minute, second, micros] = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")?;
        match f.precision().unwrap_or(6).min(6) {
            0 => f.write_str("Z"),
            digits => write!(f, ".{}Z", &format!("{micros:06}")[..digits]),
        }
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<Timestamp> for SystemTime {
    fn from(time: Timestamp) -> Self {
        let distance = Duration::from_micros(time.micros.unsigned_abs());
        let moved = if time.micros < 0 {
            UNIX_EPOCH.checked_sub(distance)
        } else {
            UNIX_EPOCH.checked_add(distance)
        };
        moved.unwrap_or(UNIX_EPOCH)
    }
}

impl From<SystemTime> for Timestamp {
    /// To the microsecond; what is beyond the years that fit is the last moment that does.
    fn from(time: SystemTime) -> Self {
        let micros = |distance: Duration| i64::try_from(distance.as_micros()).unwrap_or(i64::MAX);
        let micros = match time.duration_since(UNIX_EPOCH) {
            Ok(after) => micros(after),
            Err(before) => -micros(before.duration()),
        };
        Self { micros }
    }
}

impl fmt::Display for TimestampError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a time in UTC as RFC 3339 writes it", self.text)
    }
}

impl std::error::Error for TimestampError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written_back() {
        for (text, micros) in [
            ("1970-01-01T00:00:00.000000Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T12:34:56.000001Z", 951_827_696_000_001),
            ("2100-03-01T00:00:00.000000Z", 4_107_542_400_000_000),
            ("0001-01-01T00:00:00.000000Z", -62_135_596_800_000_000),
            ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] {
            let time: Timestamp = text.parse().unwrap();
            assert_eq!(time.micros, micros, "{text}");
            assert_eq!(time.to_string(), text);
            assert_eq!(Timestamp::from(SystemTime::from(time)), time, "{text}");
        }
        for day in -800_000..800_000 {
            let [year, month, day_of_month] = date_of(day);
            assert_eq!(days_to(year, month, day_of_month), day);
        }
    }

    #[test]
    fn what_is_no_time_in_utc_is_refused() {
        for text in [
            "",
            "2024-11-25",
            "2024-11-25T10:00:00",
            "2024-11-25T10:00:00+01:00",
            "2024-02-30T10:00:00Z",
            "2023-02-29T10:00:00Z",
            "0000-00-00T00:00:00.000000Z",
            "2024-11-25 10:00:00Z",
            "2024-11-25T24:00:00Z",
            "2024-11-25T10:00:00.1x3Z",
            "2024-11-25T10:00:00.Zé",
            "-024-11-25T10:00:00Z",
        ] {
            text.parse::<Timestamp>().unwrap_err();
        }
    }
}
