//! What a new migration looks like before somebody writes into it.

use crate::{
    database::fill,
    error::{Error, Place, Result},
    source,
};

/// The texts of a new migration, with places such as `{message}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) name: String,
    /// What it is for.
    pub(crate) about: String,
    pub(crate) up: String,
    pub(crate) down: Option<String>,
    /// What is printed: the function that the up side runs.
    pub(crate) code: Option<String>,
}

/// The values of the places.
#[derive(Debug, Clone)]
pub(crate) struct TemplateValues<'v> {
    pub(crate) message: &'v str,
    pub(crate) revision: &'v str,
    pub(crate) parents: &'v str,
    pub(crate) date: &'v str,
    pub(crate) slug: &'v str,
    pub(crate) function: &'v str,
    /// The type of the connection that a Rust function takes.
    pub(crate) connection: &'v str,
}

impl TemplateValues<'_> {
    pub(crate) fn fill(&self, text: &str) -> String {
        fill(
            text,
            &[
                ("message", self.message),
                ("revision", self.revision),
                ("parents", self.parents),
                ("date", self.date),
                ("slug", self.slug),
                ("function", self.function),
                ("connection", self.connection),
            ],
        )
    }
}

/// What a draft found: two scripts as they are to be written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drafted {
    pub(crate) up: String,
    pub(crate) down: String,
}

/// Where the texts of a new migration come from.
pub(super) enum TemplateBody<'b> {
    Template(&'b Template),
    Drafted(&'b Drafted),
}

/// The texts of a new migration, without the head of the up side.
pub(super) struct Texts {
    pub(super) up: String,
    pub(super) down: Option<String>,
    pub(super) code: Option<String>,
}

impl TemplateBody<'_> {
    pub(super) fn texts(&self, values: &TemplateValues<'_>) -> Texts {
        match self {
            Self::Template(template) => Texts {
                up: values.fill(&template.up),
                down: template.down.as_deref().map(|down| values.fill(down)),
                code: template.code.as_deref().map(|code| values.fill(code)),
            },
            Self::Drafted(drafted) => drafted.texts(values),
        }
    }
}

impl Drafted {
    /// Nothing is filled in: what looks like a place belongs to the SQL.
    fn texts(&self, values: &TemplateValues<'_>) -> Texts {
        let TemplateValues { message, date, .. } = values;
        let ((up_head, up), (down_head, down)) =
            (with_directives(&self.up), with_directives(&self.down));
        let title = if message.is_empty() { String::new() } else { format!("-- {message}\n--\n") };
        let advice = "Before you commit it, check names, types and comments, and try the way back.";
        Texts {
            up: format!("{up_head}{title}-- Drafted {date}. {advice}\n\n{up}"),
            down: Some(format!("{down_head}-- Reverts: {message}\n\n{down}")),
            code: None,
        }
    }
}

/// The directives that a script begins with, and the rest of it: a head's directives stand together.
fn with_directives(text: &str) -> (&str, &str) {
    let is_directive = |line: &&str| line.starts_with("-- ambix: ");
    let end = text.split_inclusive('\n').take_while(is_directive).map(str::len).sum();
    let (head, rest) = text.split_at(end);
    (head, rest.trim_start_matches('\n'))
}

macro_rules! text {
    ($file:literal) => {
        include_str!(concat!("templates/", $file))
    };
}

/// Name, what it is for, up, down, code.
type BuiltIn =
    (&'static str, &'static str, &'static str, Option<&'static str>, Option<&'static str>);

const BUILT_IN: [BuiltIn; 6] = [
    (
        "default",
        "a change of the schema, with points to check",
        text!("default.up.tmpl"),
        Some(text!("default.down.tmpl")),
        None,
    ),
    (
        "data",
        "a change of rows, in batches",
        text!("data.up.tmpl"),
        Some(text!("data.down.tmpl")),
        None,
    ),
    (
        "concurrently",
        "an index that is built without locking out writers",
        text!("concurrently.up.tmpl"),
        Some(text!("concurrently.down.tmpl")),
        None,
    ),
    ("irreversible", "a change without a down side", text!("irreversible.up.tmpl"), None, None),
    (
        "rust",
        "a step in Rust; --rust uses it",
        text!("rust.up.tmpl"),
        Some(text!("rust.down.tmpl")),
        Some(text!("rust.rs.tmpl")),
    ),
    (
        "merge",
        "joins branches; merge uses it",
        text!("merge.up.tmpl"),
        Some(text!("merge.down.tmpl")),
        None,
    ),
];

/// All templates: those built in, each of which an own one of the same name takes the place of, and the other own ones.
///
/// `own` are the names of files and their texts.
pub(crate) fn all(own: &[(String, String)]) -> Result<Vec<Template>> {
    let built_in = |&(name, about, up, down, code): &BuiltIn| Template {
        name: name.to_owned(),
        about: about.to_owned(),
        up: up.to_owned(),
        down: down.map(str::to_owned),
        code: code.map(str::to_owned),
    };
    let mut templates: Vec<Template> = BUILT_IN.iter().map(built_in).collect();
    for (file, up) in own {
        let Some(name) = file.strip_suffix(".up.tmpl") else {
            let name = file.strip_suffix(".down.tmpl").unwrap_or(file);
            if file.ends_with(".down.tmpl")
                && own.iter().any(|(other, _)| *other == format!("{name}.up.tmpl"))
            {
                continue;
            }
            return Err(Error::Source {
                place: Place::file(format!("{}/{file}", source::TEMPLATES)),
                problem: "this is not a template: name a template NAME.up.tmpl, and its down side, if any, NAME.down.tmpl"
                    .to_owned(),
            });
        };
        let down = own
            .iter()
            .find(|(file, _)| *file == format!("{name}.down.tmpl"))
            .map(|(_, text)| text.clone());
        let template = Template {
            name: name.to_owned(),
            about: format!("your own, {}/{file}", source::TEMPLATES),
            up: up.clone(),
            down,
            code: None,
        };
        match templates.iter_mut().find(|known| known.name == name) {
            Some(known) => *known = Template { code: known.code.take(), ..template },
            None => templates.push(template),
        }
    }
    Ok(templates)
}

/// One template by its name.
pub(crate) fn find(templates: Vec<Template>, name: &str) -> Result<Template> {
    let names: Vec<String> = templates.iter().map(|template| template.name.clone()).collect();
    templates.into_iter().find(|template| template.name == name).ok_or_else(|| Error::Argument {
        argument: "template",
        given: name.to_owned(),
        problem: format!(
            "there is no template {name:?}, only {}; nothing was written",
            names.join(", ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drafted_stands_below_its_directives_as_it_is() {
        let drafted = Drafted {
            up: "-- ambix: foreign-keys off\n\n-- add check\nALTER TABLE t ADD CHECK (a <> '{message}');\n"
                .to_owned(),
            down: "-- drop check\nSELECT '{date}';\n".to_owned(),
        };
        let values = |message| TemplateValues {
            message,
            revision: "r",
            parents: "none",
            date: "today",
            slug: "",
            function: "",
            connection: "",
        };
        let texts = TemplateBody::Drafted(&drafted).texts(&values("forbid a"));
        assert_eq!(
            texts.up,
            "-- ambix: foreign-keys off\n-- forbid a\n--\n-- Drafted today. Before you commit it, check names, types and \
             comments, and try the way back.\n\n-- add check\nALTER TABLE t ADD CHECK (a <> '{message}');\n"
        );
        let down = "-- Reverts: forbid a\n\n-- drop check\nSELECT '{date}';\n";
        assert_eq!(texts.down.as_deref(), Some(down));
        let texts = TemplateBody::Drafted(&drafted).texts(&values(""));
        assert!(
            texts.up.starts_with("-- ambix: foreign-keys off\n-- Drafted today."),
            "{}",
            texts.up
        );
    }

    #[test]
    fn own_templates_win_and_need_an_up_side() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let own = [
            file("audit.up.tmpl", "a"),
            file("default.down.tmpl", "d"),
            file("default.up.tmpl", "u"),
        ];
        let templates = all(&own).unwrap();
        let default = find(templates.clone(), "default").unwrap();
        assert_eq!((default.up.as_str(), default.down.as_deref()), ("u", Some("d")));
        assert_eq!(find(templates.clone(), "audit").unwrap().down, None);
        assert!(
            find(templates, "nosuch")
                .unwrap_err()
                .to_string()
                .contains("default, data, concurrently")
        );
        assert!(all(&[file("x.down.tmpl", "")]).is_err());
        assert!(all(&[file("x.tmpl", "")]).is_err());
    }

    /// What a template says in its head is read, and nothing in it is run before somebody writes into it.
    #[test]
    fn the_heads_of_the_built_in_ones_are_read() {
        for template in all(&[]).unwrap() {
            for (side, text) in [("up", Some(&template.up)), ("down", template.down.as_ref())] {
                let Some(text) = text else { continue };
                let known = ["transaction", "irreversible"];
                let head = crate::sql::header(text);
                assert!(
                    head.iter().all(|found| known.contains(&found.keyword)),
                    "{} {side}: {head:?}",
                    template.name
                );
                let runs: Vec<&str> = text
                    .lines()
                    .filter(|line| !line.is_empty() && !line.starts_with("--"))
                    .collect();
                assert!(runs.is_empty(), "{} {side}: {runs:?}", template.name);
            }
        }
    }
}
