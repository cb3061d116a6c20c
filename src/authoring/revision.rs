//! A new migration: its parents, the names of its files, and their content.

use super::{
    Folder, FolderError, Result,
    header::{self, Head},
    name,
    slug::{self, line, slug},
    template::{Drafted, TemplateBody, TemplateValues, Texts, find},
};
use crate::{
    error::Error,
    migration::{Migration, check_revision},
    source::Edit,
};

/// What is asked for. The texts are as a person wrote them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewRevision {
    pub(crate) message: String,
    pub(crate) rev_id: Option<String>,
    /// Whom it follows: the head, where nothing is said.
    pub(crate) head: Option<String>,
    /// It may follow what is no head.
    pub(crate) splice: bool,
    pub(crate) labels: Vec<String>,
    pub(crate) depends_on: Vec<String>,
    pub(crate) template: String,
    /// What the files say, instead of a template.
    pub(crate) drafted: Option<Drafted>,
    /// The type of the connection that a Rust function takes.
    pub(crate) connection: String,
}

/// A merge. Revisions may be targets, `heads` among them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NewMerge {
    pub(crate) revisions: Vec<String>,
    pub(crate) message: Option<String>,
    pub(crate) rev_id: Option<String>,
    pub(crate) labels: Vec<String>,
    pub(crate) splice: bool,
}

/// A migration that is in the folder now.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) revision: String,
    pub(crate) parents: Vec<String>,
    /// The names of the files, the up side first.
    pub(crate) files: Vec<String>,
    /// Rust code that belongs into the program.
    pub(crate) code: Option<String>,
    pub(crate) notes: Vec<String>,
}

/// What is left to be worked out when it is clear whom the migration follows.
pub(super) struct RevisionDraft<'d> {
    pub(super) message: &'d str,
    pub(super) rev_id: Option<&'d str>,
    pub(super) replaces: &'d [String],
    pub(super) parents: Vec<String>,
    pub(super) depends_on: Vec<String>,
    pub(super) labels: &'d [String],
    pub(super) connection: &'d str,
}

impl Folder {
    /// Writes a new migration.
    pub(crate) fn revision(&self, new: &NewRevision) -> Result<Written> {
        let draft = self.place(new)?;
        match &new.drafted {
            Some(drafted) => self.draft(&draft, &TemplateBody::Drafted(drafted)),
            None => self
                .draft(&draft, &TemplateBody::Template(&find(self.templates()?, &new.template)?)),
        }
    }

    /// Writes several new migrations, each of which follows the one before it: all of them, or none.
    pub(crate) fn revisions(&self, all: &[NewRevision]) -> Result<Vec<Written>> {
        let mut edit = Edit::default();
        let mut written: Vec<Written> = Vec::new();
        let mut on_paper = self.on_paper(&edit)?;
        for new in all {
            // Only the first is placed as it was asked for.
            let new = match written.last() {
                None => new.clone(),
                Some(last) => NewRevision {
                    head: Some(last.revision.clone()),
                    splice: false,
                    labels: Vec::new(),
                    depends_on: Vec::new(),
                    rev_id: None,
                    ..new.clone()
                },
            };
            let drafted = new.drafted.clone().unwrap_or_default();
            let body = TemplateBody::Drafted(&drafted);
            let (files, one) = on_paper.paper(&on_paper.place(&new)?, &body)?;
            edit.create.extend(files.create);
            written.push(one);
            on_paper = self.on_paper(&edit)?;
        }
        let touched: Vec<&str> = written.iter().map(|one| one.revision.as_str()).collect();
        let notes = self.write(&edit, &on_paper.graph, &touched)?;
        if let Some(last) = written.last_mut() {
            last.notes.extend(notes);
        }
        Ok(written)
    }

    /// The folder as it would be.
    fn on_paper(&self, edit: &Edit) -> Result<Self> {
        Ok(Self {
            path: self.path.clone(),
            files: self.files.with(edit),
            graph: self.check(edit, &[])?,
            program: self.program.clone(),
        })
    }

    /// Whether such a migration could be written, for who has to work out first what it says.
    pub(crate) fn check_place(&self, new: &NewRevision) -> Result<()> {
        let (edit, _) =
            self.paper(&self.place(new)?, &TemplateBody::Drafted(&Drafted::default()))?;
        self.check(&edit, &[]).map(|_| ())
    }

    /// Where in the history it goes.
    fn place<'d>(&self, new: &'d NewRevision) -> Result<RevisionDraft<'d>> {
        let parents = match &new.head {
            Some(head) => self.resolve(head)?,
            None => match self.graph.heads().as_slice() {
                [] => Vec::new(),
                &[head] => vec![head],
                several => return Err(self.many_heads(several)),
            },
        };
        self.check_heads(&parents, new.head.as_deref().unwrap_or("head"), new.splice)?;
        let depends_on = new.depends_on.iter().map(|text| self.dependency(text));
        let depends_on = depends_on.collect::<Result<Vec<_>>>()?.concat();
        Ok(RevisionDraft {
            message: &new.message,
            rev_id: new.rev_id.as_deref(),
            replaces: &[],
            parents: revisions(&parents),
            depends_on,
            labels: &new.labels,
            connection: &new.connection,
        })
    }

    /// Writes a migration that joins lines.
    pub(crate) fn merge(&self, new: &NewMerge) -> Result<Written> {
        let mut parents: Vec<&Migration> = Vec::new();
        for text in &new.revisions {
            for found in self.resolve(text)? {
                if parents.iter().any(|known| known.revision() == found.revision()) {
                    let problem = "the same revision is named twice; a merge joins different ones";
                    let (target, problem) = (text.clone(), problem.to_owned());
                    return Err(Error::Target { target, problem }.into());
                }
                parents.push(found);
            }
        }
        let names = revisions(&parents);
        match parents.as_slice() {
            [] => return Err(FolderError::refused("there is no migration to merge", None)),
            [one] => {
                let text = format_args!(
                    "a merge needs two or more revisions, and {} is the only one here",
                    one.revision()
                );
                return Err(FolderError::refused(text, None));
            }
            _ => self.check_heads(&parents, &names.join(","), new.splice)?,
        }
        self.graph.check_apart(&names)?;
        let message =
            new.message.clone().unwrap_or_else(|| format!("merge {}", names.join(" and ")));
        let draft = RevisionDraft {
            message: &message,
            rev_id: new.rev_id.as_deref(),
            replaces: &[],
            parents: names,
            depends_on: Vec::new(),
            labels: &new.labels,
            connection: "",
        };
        self.draft(&draft, &TemplateBody::Template(&find(self.templates()?, "merge")?))
    }

    fn many_heads(&self, heads: &[&Migration]) -> FolderError {
        let (names, program) = (revisions(heads), &self.program);
        FolderError::Refused {
            text: format!(
                "there are {} heads, {}; nothing was written",
                names.len(),
                names.join(", ")
            ),
            help: vec![
                format!("name the parent of the new migration: --head {}", names[0]),
                format!("or join them first: {program} merge heads"),
            ],
        }
    }

    /// What is followed must be heads, unless it is said that a branch shall begin.
    fn check_heads(&self, parents: &[&Migration], given: &str, splice: bool) -> Result<()> {
        let followed = |parent: &&&Migration| !self.graph.children(parent.revision()).is_empty();
        let Some(parent) = parents.iter().find(followed).filter(|_| !splice) else { return Ok(()) };
        let revision = parent.revision();
        let children = revisions(&self.graph.children(revision));
        let verb = if children.len() == 1 { "follows" } else { "follow" };
        let text = format!("revision {revision} is not a head: {} {verb} it", children.join(", "));
        let mut help = vec!["pass --splice to begin a new branch there".to_owned()];
        if self.graph.labels_of(revision).contains(&given) {
            help.insert(0, format!("write `{given}@head` for the head of that line"));
        }
        Err(FolderError::Refused { text: format!("{text}; nothing was written"), help })
    }

    /// A dependency as it is written down: a label stays one, anything else becomes revisions.
    fn dependency(&self, text: &str) -> Result<Vec<String>> {
        let is_label =
            self.graph.iter().any(|m| self.graph.labels_of(m.revision()).contains(&text));
        if is_label {
            return Ok(vec![text.to_owned()]);
        }
        let found = revisions(&self.resolve(text)?);
        if found.is_empty() {
            let text = format_args!("{text} is before all migrations: nothing can depend on it");
            return Err(FolderError::refused(text, None));
        }
        Ok(found)
    }

    /// Works the files out, checks what they make of the folder, and writes them.
    pub(super) fn draft(
        &self,
        draft: &RevisionDraft<'_>,
        body: &TemplateBody<'_>,
    ) -> Result<Written> {
        let (edit, mut written) = self.paper(draft, body)?;
        let graph = self.check(&edit, &[])?;
        written.notes.extend(self.write(&edit, &graph, &[&written.revision])?);
        Ok(written)
    }

    fn paper(&self, draft: &RevisionDraft<'_>, body: &TemplateBody<'_>) -> Result<(Edit, Written)> {
        let revision = self.new_id(draft.rev_id)?;
        check_labels(draft.labels)?;
        let (message, slug) = (line(draft.message), slug(draft.message));
        let newest = self.files.newest();
        let now = name::now();
        let minute = name::minute(now, newest.as_ref().map(|(key, _)| key));
        let mut notes = Vec::new();
        if let Some((_, file)) = newest.filter(|(key, _)| name::is_ahead(now, key)) {
            notes.push(format!(
                "{file} is dated in the future, so the new migration is dated one minute after it"
            ));
        }
        let (stem, carries) = name::stem(&minute, &revision, &slug);
        let head = Head {
            revision: (!carries).then_some(revision.as_str()),
            replaces: draft.replaces,
            parents: &draft.parents,
            depends_on: &draft.depends_on,
            labels: draft.labels,
        };
        let values = TemplateValues {
            message: &message,
            revision: &revision,
            parents: &header::parents(&draft.parents),
            date: &name::date(&minute),
            slug: &slug,
            function: &slug::function(draft.message, &revision),
            connection: draft.connection,
        };
        let mut edit = Edit::default();
        let Texts { up, down, code } = body.texts(&values);
        edit.create.push((format!("{stem}.up.sql"), head.text() + &up));
        if let Some(down) = down {
            edit.create.push((format!("{stem}.down.sql"), down));
        }
        if let Some((name, _)) = edit.create.iter().find(|(name, _)| self.files.contains(name)) {
            return Err(FolderError::refused(format_args!("{name} already exists"), None));
        }
        let files = edit.create.iter().map(|(name, _)| name.clone()).collect();
        Ok((edit, Written { revision, parents: draft.parents.clone(), files, code, notes }))
    }

    pub(super) fn new_id(&self, given: Option<&str>) -> Result<String> {
        let Some(given) = given else {
            let mut id = name::random();
            while self.graph.get(&id).is_some() {
                id = name::random();
            }
            return Ok(id);
        };
        check_revision(given).map_err(|problem| FolderError::refused(problem, None))?;
        match self.graph.get(given) {
            Some(other) => Err(FolderError::refused(
                format_args!("revision {given} already exists: {}", other.up_script().file()),
                None,
            )),
            None => Ok(given.to_owned()),
        }
    }
}

/// What would not be read back as it was given; the rest is found by the graph.
fn check_labels(labels: &[String]) -> Result<()> {
    let wrong = |label: &&String| {
        label.is_empty() || label.contains([',', '\n', '\r']) || label.trim() != label.as_str()
    };
    match labels.iter().find(wrong) {
        Some(label) => Err(FolderError::refused(
            format_args!("{label:?} cannot be a label: use only letters, digits, `_`, `.` and `-`"),
            None,
        )),
        None => Ok(()),
    }
}

pub(super) fn revisions(all: &[&Migration]) -> Vec<String> {
    all.iter().map(|migration| migration.revision().to_owned()).collect()
}
