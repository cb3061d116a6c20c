//! Each error as a message.

use std::fmt;

use super::{
    Error, brief, did_you_mean,
    driver::write_cause,
    history::{changed, missing},
    refused, some, some_of,
};

/// With `#` all of it, otherwise without what the source says.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { .. }
            | Self::Duplicate { .. }
            | Self::UnknownParent { .. }
            | Self::Cycle { .. }
            | Self::Unregistered { .. } => self.of_files(f),
            Self::UnknownRevision { .. }
            | Self::AmbiguousRevision { .. }
            | Self::ManyHeads { .. }
            | Self::Target { .. }
            | Self::Argument { .. } => self.of_arguments(f),
            Self::OutOfOrder { .. }
            | Self::Changed(_)
            | Self::Missing(_)
            | Self::Unfinished(_)
            | Self::PartlySquashed(_)
            | Self::Irreversible { .. }
            | Self::NewerLayout { .. }
            | Self::NotAdopted { .. }
            | Self::ExistingTables(_)
            | Self::History { .. }
            | Self::NotOurTable { .. } => self.of_history(f),
            Self::Pending { .. }
            | Self::Destructive { .. }
            | Self::Models { .. }
            | Self::NotProven { .. }
            | Self::Scratch { .. } => self.of_drafts(f),
            Self::Locked { .. }
            | Self::Fenced { .. }
            | Self::Failed(_)
            | Self::Url { .. }
            | Self::NotCompiledIn { .. }
            | Self::Connect { .. }
            | Self::Connection { .. }
            | Self::Pooled { .. }
            | Self::ClusterNode { .. }
            | Self::ReadOnly { .. }
            | Self::NotRunnable { .. }
            | Self::Unsupported { .. }
            | Self::TestKit { .. }
            | Self::NotReady { .. }
            | Self::Fixture { .. }
            | Self::Database { .. } => self.of_runs(f),
        }
    }
}

/// The same as `{:#}`: what a `main` prints has to say all of it.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:#}")
    }
}

impl Error {
    fn of_files(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source { place, problem } => write!(f, "{place}: {problem}"),
            Self::Duplicate { revision, first, second } => write!(
                f,
                "revision {revision} is used twice, by {first} and {second}; give one of them another revision (rename the file, \
                 or write `-- ambix: revision ...` at its head)"
            ),
            Self::UnknownParent { revision, place, relation, missing, near } => write!(
                f,
                "{place}: revision {revision} names {missing} as its {relation}, but there is no such migration{}",
                did_you_mean(near)
            ),
            Self::Cycle { revisions, places } => f.write_str(&refused::circle(revisions, places)),
            Self::Unregistered { function, place, known } => write!(
                f,
                "{place}: no function {function} is registered; {}",
                refused::unregistered(known)
            ),
            _ => Ok(()),
        }
    }

    fn of_arguments(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRevision { given, near } => {
                write!(f, "can't locate revision {given}{}", did_you_mean(near))
            }
            Self::AmbiguousRevision { given, candidates } => write!(
                f,
                "revision {given} is ambiguous: it may be {}; write more of it",
                some_of(candidates, " or ")
            ),
            Self::ManyHeads { target, heads } => write!(
                f,
                "{target} means one head, but there are {}: {}; write `heads` for all of them, `<label>@head` for one, or merge them",
                heads.len(),
                heads.join(", ")
            ),
            Self::Target { target, problem } => write!(f, "target {target}: {problem}"),
            Self::Argument { problem, .. } => f.write_str(problem),
            _ => Ok(()),
        }
    }

    fn of_history(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfOrder { pending, applied } => write!(
                f,
                "out of order: {} not applied, although it comes before {}, which is; nothing was run; make it follow the newest migration \
                 (give it a later name or other parents), or set `OutOfOrder::Allow`",
                some(pending, ", "),
                applied.join(", ")
            ),
            Self::Changed(all) => f.write_str(&changed(all)),
            Self::Missing(all) => f.write_str(&missing(all)),
            Self::Unfinished(unfinished) => fmt::Display::fmt(unfinished, f),
            Self::PartlySquashed(squash) => fmt::Display::fmt(squash, f),
            Self::Irreversible { revision, place, reason } => write!(
                f,
                "revision {revision} ({place}) cannot be downgraded: {}",
                refused::irreversible(reason.as_deref())
            ),
            Self::NewerLayout { table, layout, known } => write!(
                f,
                "the history table {table} has layout {layout}, but this version of ambix knows {known} and older; use a newer ambix"
            ),
            Self::NotAdopted { tool, problem, advice } => write!(
                f,
                "cannot take over the history of {tool}: {problem}; nothing was recorded; {advice}"
            ),
            Self::ExistingTables(existing) => fmt::Display::fmt(existing, f),
            Self::History { table, problem, advice, source } => {
                write!(f, "the history table {table} {problem}; {advice}")?;
                source.as_deref().map_or(Ok(()), |source| write_cause(f, source))
            }
            Self::NotOurTable { table, problem } => {
                f.write_str(&refused::not_our_table(table, problem))
            }
            _ => Ok(()),
        }
    }

    fn of_drafts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pending { pending } => f.write_str(&refused::pending(pending)),
            Self::Destructive { changes, .. } => write!(
                f,
                "the draft loses data: {}; nothing was written; if that is meant, allow it with `DraftOptions::allow_destructive`; \
                 if something has another name now, declare that with `renamed_from` or `DraftOptions::rename`",
                changes.join("; ")
            ),
            Self::Models { problem } => write!(f, "{problem}; nothing was written"),
            Self::NotProven { side, left, source } => {
                f.write_str(&refused::not_proven(*side, left))?;
                source.as_deref().map_or(Ok(()), |source| write_cause(f, source))?;
                f.write_str(refused::NOT_PROVEN_ADVICE)
            }
            Self::Scratch { doing, statement, source } => {
                write!(f, "{doing} in a scratch place failed")?;
                write_cause(f, source.as_ref())?;
                write!(
                    f,
                    "; the statement is `{}`; nothing was written, and the scratch place is gone",
                    brief(statement)
                )
            }
            _ => Ok(()),
        }
    }

    fn of_runs(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { waited, holder } => write!(
                f,
                "could not take the migration lock within {waited:?}: {}; nothing was run; wait for it to end, or end it, and start \
                 again",
                holder.as_deref().unwrap_or("its holder is not known")
            ),
            Self::Fenced { epoch } => write!(
                f,
                "another runner took over the migration of this database (the epoch is no longer {epoch}); the step in hand was \
                 rolled back; start again to continue from what the other has done"
            ),
            Self::Failed(failed) => fmt::Display::fmt(failed, f),
            Self::Url { problem } => write!(f, "reading the database URL failed: {problem}"),
            Self::NotCompiledIn { scheme, compiled_in, near } => f.write_str(
                &refused::not_compiled_in(scheme.as_deref(), compiled_in, &did_you_mean(near)),
            ),
            Self::Connect { source, .. } => {
                f.write_str("connecting to the database failed")?;
                write_cause(f, source.as_ref())
            }
            Self::Connection { problem }
            | Self::ReadOnly { problem }
            | Self::Unsupported { problem, .. }
            | Self::TestKit { problem } => f.write_str(problem),
            Self::Pooled { done } => f.write_str(&refused::pooled(done)),
            Self::ClusterNode { cluster } => f.write_str(&refused::cluster_node(cluster)),
            Self::NotRunnable { revision, place, problem } => {
                write!(f, "{place} (revision {revision}): {problem}; nothing was run")
            }
            Self::NotReady { target, waited, problem, source } => {
                write!(f, "the schema is not at {target} after {waited:.1?}: {problem}")?;
                source.as_deref().map_or(Ok(()), |source| write_cause(f, source))
            }
            Self::Fixture { place, statement, source } => {
                write!(f, "{place}: the fixture failed")?;
                write_cause(f, source.as_ref())?;
                write!(f, "; the statement is `{}`", brief(statement))
            }
            Self::Database { doing, source } => {
                write!(f, "{doing} failed")?;
                write_cause(f, source.as_ref())
            }
            _ => Ok(()),
        }
    }
}
