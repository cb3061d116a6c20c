//! Where drafting tries things out: a place on the server that nobody else sees, and that is gone afterwards.

use std::{sync::mpsc::RecvTimeoutError, time::Duration};

use tracing::warn;

use super::{Migrator, draft::drafting};
use crate::{
    database::{BoxFuture, Connector, Dialect, Drafting, Session, server::open_scratch},
    draft::scratch::{Content, SchemaReader, ScratchSchemas},
    error::{Error, Result},
    random::Pauses,
    schema::Schema,
};

impl Migrator {
    /// What something looks like to the database, made in a scratch place.
    pub(super) async fn scratch(
        &self,
        connector: &mut (dyn Connector + '_),
        content: &Content<'_>,
    ) -> Result<Schema> {
        let found = self.scratch_schemas(connector, content).await?;
        Ok(found.schemas.into_iter().next().unwrap_or_default())
    }

    /// The same for content that is inspected more than once.
    pub(super) async fn scratch_schemas(
        &self,
        connector: &mut (dyn Connector + '_),
        content: &Content<'_>,
    ) -> Result<ScratchSchemas> {
        let drafting = drafting(connector.dialect())?;
        let name = scratch_name();
        if let Some(why) = content.scripts().iter().find_map(|script| drafting.refuses(script)) {
            return Err(Error::Models { problem: why });
        }
        let mut schemas = content.schemas();
        schemas.extend(self.options.schema.clone());
        let Some(database) = drafting.scratch_database(&name) else {
            return self.scratch_place(connector, &name, content).await;
        };
        if content.scripts().iter().any(|script| drafting.leads_out(script, &schemas)) {
            return self.scratch_database(connector, &name, database, content).await;
        }
        let found = self.scratch_place(connector, &name, content).await;
        let Err(first) = found else { return found };
        let is_wanted = match content {
            Content::Migrations { .. } => false,
            // What the database has beside the place can be in the way of a script: a function for other types of the same names.
            Content::Wanted { sql: Some(_), .. } if matches!(first, Error::Scratch { .. }) => true,
            Content::Wanted { .. } | Content::Proof(_) => return Err(first),
        };
        // All of them were in one transaction, and some work only if those before are committed: a new value of an enum.
        let create = database.0.clone();
        match self.scratch_database(connector, &name, database, content).await {
            Ok(found) => Ok(found),
            Err(_) if is_wanted => Err(first),
            Err(Error::Scratch { doing, statement, source }) if statement != create => {
                Err(Error::Scratch { doing, statement, source })
            }
            // There is no such database for this role, and what failed first is what to know.
            Err(_) => Err(first),
        }
    }

    /// The same in a place beside the existing schema.
    async fn scratch_place(
        &self,
        connector: &mut (dyn Connector + '_),
        name: &str,
        content: &Content<'_>,
    ) -> Result<ScratchSchemas> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let application = self.options.process.on_server();
        let mut own = open_scratch(dialect)?;
        let connector = match &mut own {
            Some(own) => &mut **own,
            None => connector,
        };
        // Dropped after the session, whose connection is closed by then.
        let mut cleaner = Cleaner::new(&*connector, drafting.leave_scratch(name), &application);
        let mut session = connector.dedicated(&application).await?;
        // A connection that lives on must not stay in the scratch place, nor where the future is dropped in the middle.
        let lives_on = !session.is_own();
        let mut reader = SchemaReader { session: &mut *session, dialect, drafting };
        let home = if lives_on { reader.home().await? } else { None };
        let leave = drafting.leave_scratch(name).into_iter().chain(home.clone()).collect();
        reader.session.run_on_drop(leave);
        // Whoever lends a connection has given it settings of its own.
        let refresh = drafting.refresh_scratch(name).filter(|_| !lives_on).unwrap_or_default();
        let schema = match reader.collect_stale().await {
            Ok(()) => reader.in_scratch(name, content, &refresh).await,
            Err(error) => Err(error),
        };
        let back = match home {
            Some(home) => session.run(&home).await.map(|_| ()),
            None => Ok(()),
        };
        session.run_on_drop(Vec::new());
        session.close().await;
        cleaner.done();
        // The first error is the one that is reported.
        let schema = schema?;
        back.map(|()| schema).map_err(|failure| failure.doing("leaving the scratch place"))
    }

    /// The same in a database of its own, for scripts that say where their tables are.
    async fn scratch_database(
        &self,
        connector: &mut (dyn Connector + '_),
        name: &str,
        database: (String, String),
        content: &Content<'_>,
    ) -> Result<ScratchSchemas> {
        let dialect = connector.dialect();
        let mut work = Inspection {
            content,
            home: self.options.schema.as_deref(),
            reader: (dialect, drafting(dialect)?),
            found: ScratchSchemas::default(),
        };
        let why =
            "the SQL says in which schema its tables are, or sets the search path, so that it";
        let application = self.options.process.on_server();
        let mut on_session = OnSession { work: &mut work, application: &application };
        self.in_database_of_its_own(connector, (name, why), database, &mut on_session).await?;
        Ok(work.found)
    }

    /// Does something in a scratch database on the same server, or in one that needs no server.
    pub(super) async fn in_scratch_database(
        &self,
        connector: &mut (dyn Connector + '_),
        why: &str,
        work: &mut dyn ScratchWork,
    ) -> Result<()> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let name = scratch_name();
        let application = self.options.process.on_server();
        if let Some(database) = drafting.scratch_database(&name) {
            let mut work = OnSession { work, application: &application };
            return self.in_database_of_its_own(connector, (&name, why), database, &mut work).await;
        }
        let mut own = open_scratch(dialect)?;
        let connector = match &mut own {
            Some(own) => &mut **own,
            None => connector,
        };
        // Dropped after the session, whose connection is closed by then.
        let mut cleaner = Cleaner::new(&*connector, drafting.leave_scratch(&name), &application);
        let mut session = connector.dedicated(&application).await?;
        let lives_on = !session.is_own();
        let mut reader = SchemaReader { session: &mut *session, dialect, drafting };
        let home = if lives_on { reader.home().await? } else { None };
        let leave: Vec<String> =
            drafting.leave_scratch(&name).into_iter().chain(home.clone()).collect();
        reader.session.run_on_drop(leave.clone());
        reader.collect_stale().await?;
        let mut done = Ok(());
        for statement in drafting.enter_scratch(&name, &[]) {
            let entered = session.run(&statement).await;
            done = done
                .and(entered.map(drop).map_err(|failure| failure.doing("making a scratch place")));
        }
        if done.is_ok() {
            done = work.run(&mut *session).await;
        }
        for statement in leave {
            let left = session.run(&statement).await;
            // The first error is the one that is reported.
            done = done
                .and(left.map(drop).map_err(|failure| failure.doing("leaving the scratch place")));
        }
        session.run_on_drop(Vec::new());
        session.close().await;
        cleaner.done();
        done
    }

    /// Does something in an empty database that is gone afterwards, on as many connections as it takes: a run of migrations.
    #[cfg(feature = "cli")]
    pub(super) async fn in_empty_database(
        &self,
        connector: &mut (dyn Connector + '_),
        why: &str,
        work: &mut dyn DatabaseWork,
    ) -> Result<()> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let name = scratch_name();
        if let Some(database) = drafting.scratch_database(&name) {
            return self.in_database_of_its_own(connector, (&name, why), database, work).await;
        }
        if let Some(mut own) = open_scratch(dialect)? {
            own.keep_connection();
            return work.run(&mut *own).await;
        }
        let application = self.options.process.on_server();
        let mut beside = connector.beside(&name).ok_or_else(|| lent(why))?;
        let leave = drafting.leave_scratch(&name);
        let mut cleaner = Cleaner::new(&*connector, leave.clone(), &application);
        // It holds the place while others work there.
        let mut keeper = connector.dedicated(&application).await?;
        SchemaReader { session: &mut *keeper, dialect, drafting }.collect_stale().await?;
        let mut done = Ok(());
        for statement in drafting.enter_scratch(&name, &[]) {
            let entered = keeper.run(&statement).await;
            done = done
                .and(entered.map(drop).map_err(|failure| failure.doing("making a scratch place")));
        }
        if done.is_ok() {
            done = work.run(&mut *beside).await;
        }
        for statement in leave {
            let left = keeper.run(&statement).await;
            // The first error is the one that is reported.
            done = done
                .and(left.map(drop).map_err(|failure| failure.doing("leaving the scratch place")));
        }
        keeper.close().await;
        cleaner.done();
        done
    }

    /// Does something in a database that is created for it and dropped afterwards. `why` says who needs it.
    async fn in_database_of_its_own(
        &self,
        connector: &mut (dyn Connector + '_),
        (name, why): (&str, &str),
        (create, remove): (String, String),
        work: &mut dyn DatabaseWork,
    ) -> Result<()> {
        let dialect = connector.dialect();
        let drafting = drafting(dialect)?;
        let application = self.options.process.on_server();
        let mut beside = connector.beside(name).ok_or_else(|| lent(why))?;
        let mut cleaner = Cleaner::with(connector.again(), vec![remove.clone()], &application);
        let mut session = connector.dedicated(&application).await?;
        SchemaReader { session: &mut *session, dialect, drafting }.collect_stale().await?;
        if let Err(failure) = session.run(&create).await {
            // Where it is the answer that was lost, there may be a database; the cleaner looks.
            session.close().await;
            return Err(Error::Scratch {
                doing: format!(
                    "{why} needs a database of its own (which takes a role with CREATEDB; a script needs none if it leaves the schemas' \
                     names out): creating it"
                ),
                statement: create,
                source: failure.error,
            });
        }
        let done = work.run(&mut *beside).await;
        let removed = session.run(&remove).await;
        session.close().await;
        if removed.is_ok() {
            cleaner.done();
        }
        done?;
        removed.map(drop).map_err(|failure| failure.doing("dropping the scratch database"))
    }
}

/// What is done on a session in a scratch place.
pub(super) trait ScratchWork: Send {
    fn run<'s>(&'s mut self, session: &'s mut (dyn Session + 's)) -> BoxFuture<'s, Result<()>>;
}

/// What is done in a scratch database, with connections of its own.
pub(super) trait DatabaseWork: Send {
    fn run<'s>(&'s mut self, connector: &'s mut (dyn Connector + 's)) -> BoxFuture<'s, Result<()>>;
}

/// What needs one session of it.
struct OnSession<'w> {
    work: &'w mut dyn ScratchWork,
    application: &'w str,
}

impl DatabaseWork for OnSession<'_> {
    fn run<'s>(&'s mut self, connector: &'s mut (dyn Connector + 's)) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            let mut session = connector.dedicated(self.application).await?;
            let done = self.work.run(&mut *session).await;
            session.close().await;
            done
        })
    }
}

/// A connection that is lent is the only one.
fn lent(why: &str) -> Error {
    let problem = format!(
        "{why} needs a scratch database of its own, and that needs a connection of its own: pass a pool or a URL; nothing was \
         written"
    );
    Error::Connection { problem }
}

/// Makes something and reads what it looks like.
struct Inspection<'w> {
    content: &'w Content<'w>,
    home: Option<&'w str>,
    reader: (&'static dyn Dialect, &'static dyn Drafting),
    found: ScratchSchemas,
}

impl ScratchWork for Inspection<'_> {
    fn run<'s>(&'s mut self, session: &'s mut (dyn Session + 's)) -> BoxFuture<'s, Result<()>> {
        Box::pin(async move {
            let (dialect, drafting) = self.reader;
            let mut reader = SchemaReader { session, dialect, drafting };
            self.found = reader.in_database(self.content, self.home).await?;
            Ok(())
        })
    }
}

/// How long dropping a draft in the middle may wait until its scratch place is gone.
const CLEANING: Duration = Duration::from_secs(5);

/// How often it is tried.
const TRIES: u32 = 4;

/// Takes a scratch place away that outlives its connection, where the future that made it is dropped in the middle.
struct Cleaner {
    work: Option<(Box<dyn Connector>, Vec<String>, String)>,
}

impl Cleaner {
    fn new(connector: &(dyn Connector + '_), leave: Vec<String>, application: &str) -> Self {
        // What a transaction holds ends with the connection.
        let outlives = !connector.dialect().capabilities().transactional_ddl;
        let again = outlives.then(|| connector.again()).flatten();
        Self::with(again, leave, application)
    }

    fn with(connector: Option<Box<dyn Connector>>, leave: Vec<String>, application: &str) -> Self {
        Self { work: connector.map(|connector| (connector, leave, application.to_owned())) }
    }

    /// Everything is away already.
    fn done(&mut self) {
        self.work = None;
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        let Some((mut connector, leave, application)) = self.work.take() else { return };
        // A drop cannot wait for a future; a thread with a runtime of its own can. It is waited for, since this may be the
        // last thing that the program does, but not for long, since other futures may be waiting behind this one.
        let (working, over) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            let _working = working;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                // The server may still be busy with what the broken connection has asked for.
                for attempt in 1.. {
                    match clean(&mut *connector, &leave, &application).await {
                        Err(_) if attempt < TRIES => {
                            tokio::time::sleep(Pauses::RETRY.after(attempt)).await;
                        }
                        Err(error) => {
                            warn!(%error, "a scratch place is left over; the next draft removes it");
                            return;
                        }
                        Ok(()) => return,
                    }
                }
            });
        });
        // The other end goes with the thread.
        if over.recv_timeout(CLEANING) == Err(RecvTimeoutError::Timeout) {
            warn!(
                "a scratch place is not taken away yet; where this program ends first, the next draft does it"
            );
        }
    }
}

async fn clean(connector: &mut dyn Connector, leave: &[String], application: &str) -> Result<()> {
    let mut session = connector.dedicated(application).await?;
    let mut done = Ok(());
    for statement in leave {
        let left = session.run(statement).await;
        done =
            done.and(left.map(drop).map_err(|failure| failure.doing("leaving the scratch place")));
    }
    session.close().await;
    done
}

/// A name that nothing else has.
fn scratch_name() -> String {
    format!("ambix_scratch_{:016x}", crate::random::random())
}
