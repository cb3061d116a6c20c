use std::{borrow::Cow, fmt};

/// What to do next. `Display` says it in the words of the library: its verbs and options are in backticks.
///
/// The command line says the same with its commands and options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(Cow<'static, str>),
    Name { library: &'static str, command: Command },
}

/// How the command line calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    /// A command and its arguments.
    Verb(&'static str),
    /// An option.
    Option(&'static str),
}

impl Advice {
    pub(crate) fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(vec![Part::Text(text.into())])
    }

    pub(crate) fn text(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.0.push(Part::Text(text.into()));
        self
    }

    /// A verb of the migrator, and the command with its arguments.
    pub(crate) fn verb(mut self, library: &'static str, command: &'static str) -> Self {
        self.0.push(Part::Name { library, command: Command::Verb(command) });
        self
    }

    /// An option in code, and that of the command line.
    pub(crate) fn option(mut self, library: &'static str, command: &'static str) -> Self {
        self.0.push(Part::Name { library, command: Command::Option(command) });
        self
    }

    /// In the words of the command line; `program` is how its commands are called.
    #[cfg(feature = "cli")]
    pub(crate) fn for_command_line(&self, program: &str) -> String {
        let said = |part: &Part| match part {
            Part::Text(text) => text.to_string(),
            Part::Name { command: Command::Verb(command), .. } => format!("`{program} {command}`"),
            Part::Name { command: Command::Option(option), .. } => (*option).to_owned(),
        };
        self.0.iter().map(said).collect()
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Name { library, .. } => write!(f, "`{library}`"),
        })
    }
}
