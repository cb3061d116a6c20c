//! Databases for tests: the template is a file, and a copy is a copy of the file.
//!
//! `testkit ways` of benches/peers measures it: a copy of the file takes a little longer than one into memory by
//! `sqlite3_deserialize`, and a file takes many connections, which a database in memory does not. All is in the kit's folder:
//! `TEMPLATE.db`, and for each copy a file and one whose lock its process holds.

mod session;
mod shell;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::{
    super::{
        BoxFuture,
        testkit::{
            Copies, DatabaseCopy, Fill, NOTE, Order, TEMPLATES, TestKit, UNUSED,
            files::{failed, folder, make_folder, try_lock},
        },
    },
    Sqlite,
};
use crate::{
    error::Result,
    random::{jitter, random},
};

/// What SQLite puts beside a database's file.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

impl TestKit for Sqlite {
    fn copies(&self, _url: &str) -> Result<Box<dyn Copies>> {
        let folder = folder()?.join("sqlite");
        make_folder(&folder)?;
        Ok(Box::new(TestFiles { folder }))
    }
}

/// The kit's folder for this database.
#[derive(Debug)]
struct TestFiles {
    folder: PathBuf,
}

impl Copies for TestFiles {
    fn server(&self) -> Option<String> {
        None
    }

    fn connections(&mut self) -> BoxFuture<'_, Result<u32>> {
        Box::pin(async { Ok(u32::MAX) })
    }

    fn give<'s>(
        &'s mut self,
        order: &'s Order,
        fill: Fill<'s>,
    ) -> BoxFuture<'s, Result<Box<dyn DatabaseCopy>>> {
        Box::pin(async move {
            self.collect()?;
            let copy = Copy::begin(&self.folder, &order.test)?;
            remove(&copy.kept());
            let Some(fingerprint) = &order.fingerprint else {
                File::create_new(&copy.file).map_err(|error| failed(&copy.file, &error))?;
                return Ok(Box::new(copy) as Box<dyn DatabaseCopy>);
            };
            let template = self.folder.join(format!("{fingerprint}.db"));
            loop {
                match fs::copy(&template, &copy.file) {
                    Ok(_) => break,
                    // Not there yet, or taken away as an old one a moment ago.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                        self.build(&template, fill).await?;
                    }
                    Err(error) => return Err(failed(&template, &error)),
                }
            }
            note_use(&template);
            Ok(Box::new(copy) as Box<dyn DatabaseCopy>)
        })
    }

    fn clear(&mut self) -> BoxFuture<'_, Result<Vec<String>>> {
        Box::pin(async move {
            self.collect()?;
            let mut gone = Vec::new();
            for path in self.files()? {
                let is_lock = path.extension().is_some_and(|extension| extension == "lock");
                // A copy in use has a lock of its own.
                let lock = path.with_extension("lock");
                if !is_lock && try_lock(&lock)?.is_some() {
                    remove(&path);
                    let _ = fs::remove_file(&lock);
                    gone.push(path.display().to_string());
                }
            }
            Ok(gone)
        })
    }
}

impl TestFiles {
    fn files(&self) -> Result<Vec<PathBuf>> {
        let entries = fs::read_dir(&self.folder).map_err(|error| failed(&self.folder, &error))?;
        Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
    }

    /// Takes away what killed processes have left, and what nobody has used for long.
    fn collect(&self) -> Result<()> {
        let mut templates = Vec::new();
        for path in self.files()? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("test-") && name.ends_with(".lock") {
                if let Some(_held) = try_lock(&path)? {
                    remove(&path.with_extension("db"));
                    let _ = fs::remove_file(&path);
                }
            } else if name.starts_with("kept-") && name.ends_with(".db") {
                if age(&path) > UNUSED {
                    remove(&path);
                }
            } else if name.ends_with(".db") && !name.starts_with("test-") {
                templates.push((age(&path), path));
            }
        }
        templates.sort();
        for (at, (age, path)) in templates.into_iter().enumerate() {
            if at >= TEMPLATES || age > UNUSED {
                remove(&path);
            }
        }
        Ok(())
    }

    /// Makes the template, unless another process does: then it waits for that.
    async fn build(&self, template: &Path, fill: Fill<'_>) -> Result<()> {
        let lock = template.with_extension("lock");
        let _building = loop {
            match try_lock(&lock)? {
                Some(file) => break file,
                None => tokio::time::sleep(jitter(Duration::from_millis(5))).await,
            }
        };
        if template.exists() {
            return Ok(());
        }
        let build = template.with_extension("build");
        remove(&build);
        fill(format!("sqlite://{}?mode=rwc", build.display())).await?;
        // Whoever sees the name sees all of it. With the last connection went the file beside it.
        fs::rename(&build, template).map_err(|error| failed(template, &error))
    }
}

/// Removes a database's files; those that are not there need not be.
fn remove(file: &Path) {
    let _ = fs::remove_file(file);
    for beside in BESIDE {
        let mut name = file.as_os_str().to_owned();
        name.push(beside);
        let _ = fs::remove_file(name);
    }
}

/// How long ago a file was changed, or its use noted.
fn age(path: &Path) -> Duration {
    let changed = fs::metadata(path).and_then(|data| data.modified());
    changed.ok().and_then(|at| at.elapsed().ok()).unwrap_or_default()
}

/// Writes down that the template is used, where that was not done for a while.
fn note_use(template: &Path) {
    if age(template) > NOTE {
        let opened = File::options().append(true).open(template);
        // A template that looks old is made again, that is all.
        let _ = opened.and_then(|file| file.set_modified(SystemTime::now()));
    }
}

/// The database of a test.
#[derive(Debug)]
struct Copy {
    file: PathBuf,
    name: String,
    url: String,
    test: String,
    /// Locked as long as the test has the database.
    lock: (PathBuf, File),
}

impl Copy {
    /// A name that nobody else has, and its lock.
    fn begin(folder: &Path, test: &str) -> Result<Self> {
        loop {
            let file = folder.join(format!("test-{:016x}.db", random()));
            let lock = file.with_extension("lock");
            let Some(held) = try_lock(&lock)? else { continue };
            // One who collects may have found the new file between its making and its lock, and have removed it.
            if !lock.exists() || file.exists() {
                continue;
            }
            let url = format!("sqlite://{}", file.display());
            let name = file.display().to_string();
            return Ok(Self { name, url, file, test: test.to_owned(), lock: (lock, held) });
        }
    }

    /// Where it is kept: under the test's name, so that its next failure is in its place.
    fn kept(&self) -> PathBuf {
        let safe = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
        let name: String = self.test.chars().map(safe).collect();
        self.file.with_file_name(format!("kept-{}.db", name.replace("--", "-")))
    }
}

impl DatabaseCopy for Copy {
    fn url(&self) -> &str {
        &self.url
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn kept_url(&self) -> String {
        format!("sqlite://{}", self.kept().display())
    }

    fn discard(self: Box<Self>, _elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        remove(&self.file);
        let _ = fs::remove_file(&self.lock.0);
        Box::pin(async { Ok(()) })
    }

    fn keep(self: Box<Self>, _elsewhere: bool) -> BoxFuture<'static, Result<()>> {
        let kept = self.kept();
        remove(&kept);
        let moved = BESIDE.iter().chain(&[""]).try_for_each(|beside| {
            let with = |path: &Path| {
                let mut name = path.as_os_str().to_owned();
                name.push(beside);
                name
            };
            match fs::rename(with(&self.file), with(&kept)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        });
        let _ = fs::remove_file(&self.lock.0);
        Box::pin(async move { moved.map_err(|error| failed(&kept, &error)) })
    }
}
