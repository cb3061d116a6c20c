//! The proof of a draft: runs both sides on a copy of the current schema, and compares the results with what they should be.

use std::time::Instant;

use tracing::debug;

use super::{Migrator, draft::drafting};
#[cfg(feature = "cli")]
use crate::database::Connect;
use crate::{
    database::{Connector, Dialect, Drafting},
    draft::{
        Comparison, Draft, DraftBasis, DraftOptions, SideNames, compare, copy_script,
        scratch::{Content, ProofScript, ScratchSchemas},
        table_names,
    },
    error::{Direction, Error, Result},
    note::Note,
    schema::{Schema, SchemaObject},
};

/// What lint finds in a draft; nothing without the linter.
#[derive(Debug, Default)]
pub(crate) struct DraftFindings {
    #[cfg(feature = "lint")]
    #[allow(dead_code)] // Only the command line reads them.
    pub(crate) all: Vec<crate::lint::Finding>,
}

/// Both sides of a comparison within a proof.
const SIDES: SideNames =
    SideNames { there: "the copy", wanted: "the current schema", is_all: true };

impl Migrator {
    /// Completes a draft that was made by [`check`](Self::check).
    #[cfg(feature = "cli")]
    pub(crate) async fn complete_on<'c>(
        &self,
        database: impl Connect<'c>,
        draft: &mut Draft,
        options: &DraftOptions,
    ) -> Result<DraftFindings> {
        self.complete(&mut *self.drafting_connector(database)?, draft, options).await
    }

    /// Does what is left for a draft that will be written: its statements in the forms that the server accepts, what lint and the
    /// database say of them, and the proof. Returned is what lint finds.
    pub(super) async fn complete(
        &self,
        connector: &mut (dyn Connector + '_),
        draft: &mut Draft,
        options: &DraftOptions,
    ) -> Result<DraftFindings> {
        if draft.changes.is_empty() {
            return Ok(DraftFindings::default());
        }
        self.choose_online_forms(connector, draft).await?;
        let findings = DraftFindings {
            #[cfg(feature = "lint")]
            all: match options.findings {
                true => self.note_findings(connector, draft, !options.from_migrations).await?,
                false => Vec::new(),
            },
        };
        if options.proof {
            self.prove(connector, draft).await?;
        }
        Ok(findings)
    }

    /// Proves a draft before it is written. What keeps it from being proven is noted in it.
    pub(crate) async fn prove(
        &self,
        connector: &mut (dyn Connector + '_),
        draft: &mut Draft,
    ) -> Result<()> {
        let Some(basis) = draft.basis.take().filter(|_| !draft.changes.is_empty()) else {
            return Ok(());
        };
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let begun = Instant::now();
        if draft.notes.iter().any(Note::keeps_a_draft_from_running) {
            draft.not_proven("something is in the way of it, as noted".to_owned());
            return Ok(());
        }
        let mut basis = basis;
        leave_out_what_stays(&mut basis);
        let copy = copy_script(&basis.current, dialect, drafting)?;
        let mut schemas = basis.current.schemas.clone();
        schemas.extend(basis.desired.schemas.iter().cloned());
        let sides = draft.scratch.take();
        let (up, down) = match &sides {
            Some((up, down)) => (up, down),
            None => (&draft.up, &draft.down),
        };
        let wanted = self.options.drafting.wanted.as_ref();
        let wanted = wanted.and_then(|wanted| wanted.sql.as_ref());
        let script = |down| ProofScript { copy: &copy, up, down, schemas: &schemas, wanted };
        let mut found = self.scratch_schemas(connector, &Content::Proof(script(down))).await;
        // A function that was broken before comes back as it was.
        let fails_going_back = found.as_ref().is_ok_and(|found| {
            sides.is_none() && found.failure.is_some() && found.schemas.len() == 2
        });
        let unchecked = drafting.with_bodies_unchecked(down).filter(|_| fails_going_back);
        let mut other_down = None;
        if let Some(down) = unchecked {
            let again = self.scratch_schemas(connector, &Content::Proof(script(&down))).await;
            if again.as_ref().is_ok_and(|again| again.failure.is_none()) {
                found = again;
                other_down = Some(down);
            }
        }
        if let Some(down) = other_down {
            let own = draft.files.iter_mut().filter(|file| file.down == draft.down);
            own.for_each(|file| file.down.clone_from(&down));
            draft.down = down;
        }
        let judge = Judge { migrator: self, dialect, drafting, basis: &basis };
        match found {
            Ok(found) => judge.verdict(found, draft)?,
            // There is no place for it: no right to create a database, for example.
            Err(error) => draft.not_proven(error.to_string()),
        }
        debug!(seconds = begun.elapsed().as_secs_f64(), "proved the draft");
        Ok(())
    }
}

/// What is said of a schema that the server made, and stays as it is, would take a database of its own to be tried out.
fn leave_out_what_stays(basis: &mut DraftBasis) {
    let is_loose =
        |object: &SchemaObject| object.is_wide && object.is_property && object.belongs_to.is_none();
    let stays = |object: &SchemaObject| is_loose(object) && basis.desired.objects.contains(object);
    let staying: Vec<SchemaObject> =
        basis.current.objects.iter().filter(|object| stays(object)).cloned().collect();
    for side in [&mut basis.current, &mut basis.desired] {
        side.objects.retain(|object| !staying.contains(object));
    }
}

struct Judge<'a> {
    migrator: &'a Migrator,
    dialect: &'static dyn Dialect,
    drafting: &'static dyn Drafting,
    basis: &'a DraftBasis,
}

impl Judge<'_> {
    /// What was found after each step, against what should have been.
    fn verdict(&self, found: ScratchSchemas, draft: &mut Draft) -> Result<()> {
        let ScratchSchemas { schemas, failure } = found;
        let mut schemas = schemas.into_iter();
        let (copy, up, down) = (schemas.next(), schemas.next(), schemas.next());
        let mut failure = failure.map(Box::new);
        let Some(copy) = copy else {
            let why = failure.map(|error| error.to_string()).unwrap_or_default();
            draft.not_proven(format!("the current schema cannot be copied: {why}"));
            return Ok(());
        };
        let missing = self.compare(copy.clone(), self.basis.current.clone())?;
        if !missing.is_empty() {
            draft.not_proven(format!(
                "the copy of the current schema lacks: {}",
                missing.join("; ")
            ));
            return Ok(());
        }
        let Some(up) = up else {
            return Err(Error::NotProven {
                side: Direction::Up,
                left: Vec::new(),
                source: failure.take(),
            });
        };
        let left = self.left(up)?;
        if !left.is_empty() {
            return Err(Error::NotProven { side: Direction::Up, left, source: None });
        }
        let Some(down) = down else {
            return Err(Error::NotProven {
                side: Direction::Down,
                left: Vec::new(),
                source: failure.take(),
            });
        };
        let left = self.compare(down, copy)?;
        if !left.is_empty() {
            return Err(Error::NotProven { side: Direction::Down, left, source: None });
        }
        draft.is_proven = true;
        Ok(())
    }

    /// What would still have to be done after the up side.
    fn left(&self, up: Schema) -> Result<Vec<String>> {
        let basis = self.basis;
        self.changes(up, basis.desired.clone(), &basis.models, basis.sides, true)
    }

    fn compare(&self, is: Schema, should: Schema) -> Result<Vec<String>> {
        changes_between(self.migrator, self.dialect, (is, should), SIDES)
    }

    fn changes(
        &self,
        current: Schema,
        desired: Schema,
        models: &Schema,
        sides: SideNames,
        is_filtered: bool,
    ) -> Result<Vec<String>> {
        let compared = compare(Comparison {
            dialect: self.dialect,
            drafting: self.drafting,
            compared: table_names(&desired),
            current,
            desired,
            models,
            filter: self.migrator.options.drafting.filter.as_ref().filter(|_| is_filtered),
            options: &DraftOptions::new(),
            own_tables: &self.migrator.own_tables(),
            migrations: Vec::new(),
            sides,
        })?;
        Ok(compared.changes.iter().map(ToString::to_string).collect())
    }
}

/// What would have to change so that the first schema is as the second, whatever filters and models say.
pub(super) fn changes_between(
    migrator: &Migrator,
    dialect: &'static dyn Dialect,
    (current, desired): (Schema, Schema),
    sides: SideNames,
) -> Result<Vec<String>> {
    let compared = compare(Comparison {
        dialect,
        drafting: drafting(dialect)?,
        compared: table_names(&desired),
        current,
        desired,
        models: &Schema::new(),
        filter: None,
        options: &DraftOptions::new(),
        own_tables: &migrator.own_tables(),
        migrations: Vec::new(),
        sides,
    })?;
    Ok(compared.changes.iter().map(ToString::to_string).collect())
}
