//! The names of the files that ambix makes: date, revision, slug.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::Offset};

use crate::source::{Key, read_name};

/// The time that goes into a name: UTC, so that two people in two zones have one order.
pub(crate) fn now() -> DateTime {
    Offset::UTC.to_datetime(Timestamp::now())
}

/// The minute for a new file: this one, or where the newest file is of this minute or later, the one after that.
///
/// So a new name always sorts last. A clock that is behind a colleague's, or two files in one minute, do not put a migration
/// before its parent, and a file without a list of parents keeps the one that it has, which is the file before it.
pub(crate) fn minute(now: DateTime, newest: Option<&Key>) -> String {
    let written = |time: DateTime| time.strftime("%Y%m%d_%H%M").to_string();
    let this = written(now);
    match newest {
        Some(newest) if Key::of(&this) <= *newest => after(newest).map(written).unwrap_or(this),
        _ => this,
    }
}

/// Whether the newest file is of a time that has not come yet. In the first hour it is only one of several new ones.
pub(crate) fn is_ahead(now: DateTime, newest: &Key) -> bool {
    let limit = now.checked_add(SignedDuration::from_hours(1));
    newest.timestamp().is_some()
        && limit.is_ok_and(|limit| *newest > Key::of(&limit.strftime("%Y%m%d_%H%M").to_string()))
}

/// The minute after a timestamp; nothing where the number is no time.
fn after(key: &Key) -> Option<DateTime> {
    let digits = key.timestamp()?;
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<i8>().ok();
    let year = digits.get(..4)?.parse().ok()?;
    let time =
        DateTime::new(year, number(4, 6)?, number(6, 8)?, number(8, 10)?, number(10, 12)?, 0, 0)
            .ok()?;
    time.checked_add(SignedDuration::from_mins(1)).ok()
}

/// The time in a name as people write it.
pub(crate) fn date(minute: &str) -> String {
    match (minute.get(..4), minute.get(4..6), minute.get(6..8), minute.get(9..11), minute.get(11..))
    {
        (Some(year), Some(month), Some(day), Some(hour), Some(minutes)) => {
            format!("{year}-{month}-{day} {hour}:{minutes} UTC")
        }
        _ => minute.to_owned(),
    }
}

/// What both files of a migration begin with, and whether it carries the revision.
pub(crate) fn stem(minute: &str, revision: &str, slug: &str) -> (String, bool) {
    let carries = |stem: &str| {
        let read = read_name(&format!("{stem}.up.sql")).ok().flatten();
        read.is_some_and(|name| name.revision == revision)
    };
    let full = format!("{minute}_{revision}_{slug}");
    if carries(&full) {
        return (full, true);
    }
    // A word of the slug must not be taken for the revision.
    let bare = format!("{minute}_{slug}");
    let read = read_name(&format!("{bare}.up.sql")).ok().flatten();
    let whole = read.is_some_and(|name| name.words == slug.replace('_', " "));
    (if whole { bare } else { format!("{minute}__{slug}") }, false)
}

/// Twelve hex digits, as Alembic's.
pub(crate) fn random() -> String {
    format!("{:012x}", crate::random::random() & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    #[test]
    fn a_new_name_is_the_last() {
        let now = day(2024, 11, 13).at(14, 30, 59, 0);
        let minute = |newest: &str| super::minute(now, Some(&Key::of(newest)));
        assert_eq!(super::minute(now, None), "20241113_1430");
        for older in
            ["20241113_1429", "1", "1_10", "20241113", "2024-11-13-142959", "99991231235959"]
        {
            assert_eq!(minute(older), "20241113_1430", "{older}");
        }
        assert_eq!(minute("20241113_1430"), "20241113_1431");
        assert_eq!(minute("20241113143059"), "20241113_1431");
        assert_eq!(minute("20241231_2359"), "20250101_0000");
        assert_eq!(minute("20991231235959999"), "21000101_0000");
        // No time; that it sorts first is found where the folder is read back.
        assert_eq!(minute("20249999999999"), "20241113_1430");
    }

    #[test]
    fn a_name_carries_a_revision_that_it_can() {
        let stem = |revision, slug| super::stem("20241113_1430", revision, slug);
        assert_eq!(stem("abc123", "add_x"), ("20241113_1430_abc123_add_x".to_owned(), true));
        for revision in ["billing_v2", "ABC123", "abc", "a.b", "größe", "_x"] {
            assert_eq!(
                stem(revision, "add_x"),
                ("20241113_1430_add_x".to_owned(), false),
                "{revision}"
            );
        }
        assert_eq!(
            stem("v2", "decade_of_data"),
            ("20241113_1430__decade_of_data".to_owned(), false)
        );
        assert_eq!(stem("v2", "decade"), ("20241113_1430_decade".to_owned(), false));
    }

    #[test]
    fn dates_are_read_by_people() {
        assert_eq!(date("20241113_1430"), "2024-11-13 14:30 UTC");
        assert_eq!(date("x"), "x");
    }
}
