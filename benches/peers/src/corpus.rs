//! The same migrations for everybody: each makes a table and an index.

use std::{
    borrow::Cow,
    fmt::Write,
    path::{Path, PathBuf},
};

use ambix::{Migration, Migrations};
use include_dir::{Dir, DirEntry, File};
use sqlx::{SqlSafeStr, migrate::MigrationType};

use crate::measure::Result;

/// A number of migrations, as texts, as files, and as each library takes them.
pub(crate) struct Corpus {
    pub(crate) count: usize,
    folder: PathBuf,
}

/// A version as sqlx and ambix read it from a file's name.
fn version(n: usize) -> usize {
    20_240_101_000_000 + n
}

fn up(n: usize) -> String {
    format!(
        "-- The table of things number {n}.\n\
         CREATE TABLE things_{n:05} (\n    id bigint PRIMARY KEY,\n    owner bigint NOT NULL,\n    name text NOT NULL,\n    \
         created_at timestamp NOT NULL\n);\n\nCREATE INDEX things_{n:05}_owner ON things_{n:05} (owner);\n"
    )
}

impl Corpus {
    /// Writes the files into a new folder, which is removed at the end.
    pub(crate) fn new(count: usize) -> Result<Self> {
        static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let next = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("ambix-bench-{}-{next}", std::process::id()));
        let corpus = Self { count, folder };
        for name in ["sqlx", "refinery"] {
            std::fs::create_dir_all(corpus.folder.join(name))?;
        }
        let mut all = String::new();
        for n in 1..=count {
            let sql = up(n);
            std::fs::write(
                corpus.path("sqlx").join(format!("{}_things_{n}.sql", version(n))),
                &sql,
            )?;
            std::fs::write(corpus.path("refinery").join(format!("V{n}__things_{n}.sql")), &sql)?;
            let _ = write!(all, "{sql}");
        }
        std::fs::write(corpus.path("all.sql"), all)?;
        Ok(corpus)
    }

    /// `sqlx` (which ambix reads, too), `refinery`, and `all.sql`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(crate) fn texts(&self) -> impl Iterator<Item = (usize, String)> {
        (1..=self.count).map(|n| (n, up(n)))
    }

    pub(crate) fn ambix(&self) -> Result<ambix::Migrator> {
        let list = self
            .texts()
            .map(|(n, sql)| Migration::new(version(n).to_string(), format!("things {n}")).up(&sql));
        Ok(ambix::Migrator::from_migrations(Migrations::new(list)?)?)
    }

    pub(crate) fn sqlx(&self) -> Result<sqlx::migrate::Migrator> {
        let list = self.texts().map(|(n, sql)| {
            let sql = sqlx::AssertSqlSafe(sql).into_sql_str();
            let name = Cow::Owned(format!("things {n}"));
            Ok(sqlx::migrate::Migration::new(
                i64::try_from(version(n))?,
                name,
                MigrationType::Simple,
                sql,
                false,
            ))
        });
        Ok(sqlx::migrate::Migrator::with_migrations(list.collect::<Result<_>>()?))
    }

    pub(crate) fn refinery(&self) -> Result<refinery::Runner> {
        let list = self
            .texts()
            .map(|(n, sql)| refinery::Migration::unapplied(&format!("V{n}__things_{n}"), &sql));
        Ok(refinery::Runner::new(&list.collect::<Result<Vec<_>, _>>()?))
    }

    /// The folder as `include_dir!` has it in a program. It is made once and lives as long as the program.
    pub(crate) fn embedded(&self) -> &'static Dir<'static> {
        let entries: Vec<DirEntry<'static>> = self
            .texts()
            .map(|(n, sql)| {
                let name: &'static str = format!("{}_things_{n}.sql", version(n)).leak();
                DirEntry::File(File::new(name, sql.leak().as_bytes()))
            })
            .collect();
        Box::leak(Box::new(Dir::new("", entries.leak())))
    }
}

impl Drop for Corpus {
    fn drop(&mut self) {
        remove(&self.folder);
    }
}

/// Removes a folder of ours, at the end, when nothing can be done about an error.
pub(crate) fn remove(folder: &Path) {
    let _ = std::fs::remove_dir_all(folder);
}
