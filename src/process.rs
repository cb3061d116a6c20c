//! Who we are: what the history and the server's list of connections show.

use std::fmt;

/// The file `.env` of this folder or of the nearest one above that has one, with its text.
#[cfg(feature = "cli")]
pub(crate) fn dot_env() -> Option<(std::path::PathBuf, String)> {
    let here = std::env::current_dir().ok()?;
    let path = here.ancestors().map(|folder| folder.join(".env")).find(|path| path.is_file())?;
    let bytes = std::fs::read(&path).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // Editors on Windows begin a file with a byte order mark.
    Some((path, text.trim_start_matches('\u{feff}').to_owned()))
}

/// The program, its version and its host.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) application: String,
    pub(crate) version: String,
    host: String,
}

impl Process {
    /// The name of the executable, until the program says its own.
    pub(crate) fn here() -> Self {
        let executable = std::env::current_exe().ok();
        let stem = executable
            .as_deref()
            .and_then(|path| path.file_stem())
            .map(|stem| stem.to_string_lossy());
        Self {
            application: stem
                .map_or_else(|| "unknown program".to_owned(), |stem| stem.into_owned()),
            version: String::new(),
            host: host(),
        }
    }

    /// What the server shows as the application's name.
    pub(crate) fn on_server(&self) -> String {
        format!("ambix {} {}@{}", self.application, std::process::id(), self.host)
    }
}

/// As the history has it: `billing 1.4.2 on web-7 (pid 4711)`.
impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.application)?;
        if !self.version.is_empty() {
            write!(f, " {}", self.version)?;
        }
        write!(f, " on {} (pid {})", self.host, std::process::id())
    }
}

/// What tells a program from another build of it.
#[cfg(feature = "testkit")]
pub(crate) fn build() -> String {
    let executable = std::env::current_exe().ok();
    let data = executable.as_deref().and_then(|path| path.metadata().ok());
    let built = data.and_then(|data| Some((data.len(), data.modified().ok()?)));
    format!("{executable:?} {built:?}")
}

/// The host's name, from where a system without a call for it in std keeps it.
fn host() -> String {
    let file = |path: &str| std::fs::read_to_string(path).ok();
    let variable = |name: &str| std::env::var(name).ok();
    let known = file("/proc/sys/kernel/hostname")
        .or_else(|| variable("HOSTNAME"))
        .or_else(|| variable("COMPUTERNAME"))
        .or_else(|| file("/etc/hostname"));
    let host = known.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    host.unwrap_or_else(|| "unknown host".to_owned())
}
