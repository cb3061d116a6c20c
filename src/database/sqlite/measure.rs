//! What is asked of SQLite while a migration runs in a scratch database.

use super::{
    super::{
        SqlFile,
        measure::{MeasureSections, Measuring, ValueType, with_literals},
    },
    Sqlite,
};

static SECTIONS: MeasureSections = MeasureSections::of(SqlFile::of(include_str!("measure.sql")));

impl Measuring for Sqlite {
    fn sections(&self) -> &'static MeasureSections {
        &SECTIONS
    }

    /// A column takes any value, unless its table is strict.
    fn values(&self, ty: &ValueType) -> Vec<String> {
        let base = ty.base.to_ascii_uppercase();
        let has = |words: &[&str]| words.iter().any(|word| base.contains(word));
        if has(&["DATE", "TIME"]) {
            return with_literals(&["'2024-01-01 12:00:00'"], ty, true);
        }
        if has(&["CHAR", "TEXT", "CLOB", "UUID", "JSON"]) {
            return with_literals(&["'a'", "'{}'", "'aaaaaaaaaa'", "''"], ty, true);
        }
        if has(&["BLOB"]) {
            return vec!["x'61'".to_owned()];
        }
        with_literals(&["77", "78", "1000", "1", "0", "'a'"], ty, false)
    }
}
