//! One test's work on the server: a copy from the shelf, or a new one.

use std::time::{Duration, Instant};

use super::{
    super::{
        super::section,
        server::{PAUSE, users},
    },
    COPIES,
    definition::{CreateStatement, DatabaseDefinition, DefinitionKind},
    fill, is, refused, run,
    session::Reader,
    settle, template,
};
use crate::{
    database::{
        Dialect, Failure, FailureKind, Row,
        mysql::MySql,
        testkit::{Fill, NOTE, Order, Route, TEMPLATES, UNUSED},
    },
    error::{Error, Result},
    random::{jitter, random},
};

/// How much of a script goes into one message. Servers take some megabytes.
const MESSAGE: usize = 1 << 20;
/// How often a copy is tried again whose template went away.
const TRIES: u32 = 5;

/// How copies of a template are made.
#[derive(Debug)]
pub(super) enum CopyMethod {
    /// By a script that was derived from it, and tried.
    Script(DatabaseDefinition),
    /// By running the migrations: it has something that a script does not bring.
    Migrations,
}

pub(super) struct Copier<'r> {
    pub(super) reader: Reader,
    route: &'r Route,
    order: &'r Order,
    /// The copy's name; empty as long as there is none.
    pub(super) name: String,
}

impl<'r> Copier<'r> {
    pub(super) async fn open(route: &'r Route, order: &'r Order) -> Result<Self> {
        Ok(Self { reader: Reader::open(route).await?, route, order, name: String::new() })
    }

    fn fingerprint(&self) -> &'r str {
        self.order.fingerprint.as_deref().unwrap_or_default()
    }

    fn literals(&self) -> [(&'static str, String); 3] {
        [
            ("name", MySql.literal(&self.name)),
            ("fingerprint", MySql.literal(self.fingerprint())),
            ("test", test_literal(&self.order.test)),
        ]
    }

    fn filled(&self, query: &str) -> String {
        let literals = self.literals();
        let values: Vec<(&str, &str)> =
            literals.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fill(query, &values)
    }

    /// Gets the copy: the whole of a test's beginning where one is on the shelf is this one message.
    pub(super) async fn copy(&mut self, migrate: Fill<'_>) -> Result<()> {
        let stale = stale(&self.order.test);
        let literals = self.literals();
        let values = [
            ("fingerprint", literals[1].1.as_str()),
            ("test", literals[2].1.as_str()),
            ("stale", stale.as_str()),
            ("idle", &self.idle()),
            ("old", &old()),
            ("note", &NOTE.as_secs().to_string()),
        ];
        let claim = format!(
            "{};\n{}",
            fill(section!(COPIES, "settings"), &[]),
            fill(section!(COPIES, "claim"), &values)
        );
        let sets = match settle(&mut self.reader, &claim).await {
            Err(failure) if failure.kind == FailureKind::Absent || is(&failure, "1044") => {
                self.make_registry().await?;
                settle(&mut self.reader, &claim).await
            }
            other => other,
        };
        let sets = sets.map_err(refused)?;
        // The settings are two statements; six are before the first list.
        let [.., claimed, _, stale, old, note] = sets.as_slice() else { return Err(unreadable()) };
        if let Some(row) = claimed.first().filter(|row| row.column("held") == Some("1")) {
            let name = row.text("name");
            if row.column("exists") == Some("1") {
                name.clone_into(&mut self.name);
            } else {
                // Somebody has dropped it.
                let _ = remove(&mut self.reader, name).await;
            }
        }
        for row in stale {
            self.forget(row.text("name")).await;
        }
        for row in old {
            self.forget_template(row.text("fingerprint")).await;
        }
        if note.first().is_some_and(|row| row.column("is_old") == Some("1")) {
            self.note_use().await;
        }
        if self.name.is_empty() { self.make(migrate).await } else { Ok(()) }
    }

    /// What tells a copy that waits for a test of another template, and has waited for long. They take room.
    fn idle(&self) -> String {
        let fingerprint = MySql.literal(self.fingerprint());
        fill(
            section!(COPIES, "idle"),
            &[("fingerprint", &fingerprint), ("note", &NOTE.as_secs().to_string())],
        )
    }

    async fn make_registry(&mut self) -> Result<()> {
        let made = settle(&mut self.reader, &fill(section!(COPIES, "registry"), &[])).await;
        made.map(drop).map_err(refused)
    }

    /// A new copy.
    async fn make(&mut self, migrate: Fill<'_>) -> Result<()> {
        self.name = format!("ambix_test_{:016x}", random());
        let new = self.filled(section!(COPIES, "new"));
        settle(&mut self.reader, &new).await.map_err(refused)?;
        if self.order.fingerprint.is_none() {
            return self.create(&self.name.clone(), None).await.map_err(refused);
        }
        let mut tries = 0;
        loop {
            let Some(way) = self.way().await? else {
                if self.build(migrate).await? {
                    return Ok(());
                }
                continue;
            };
            match self.make_by(&way, migrate).await {
                // The template went away meanwhile, which was an old one.
                Err(Error::Database { .. }) if tries < TRIES && self.way().await?.is_none() => {}
                made => return made,
            }
            tries += 1;
        }
    }

    /// How copies are made of the template; none where there is no template.
    async fn way(&mut self) -> Result<Option<CopyMethod>> {
        let query = self.filled(section!(COPIES, "template"));
        let sets = run(&mut self.reader, "looking for the template", &query).await?;
        Ok(read_way(&sets))
    }

    async fn make_by(&mut self, way: &CopyMethod, migrate: Fill<'_>) -> Result<()> {
        match way {
            CopyMethod::Script(definition) => self.replay(definition).await.map_err(refused),
            CopyMethod::Migrations => {
                self.create(&self.name.clone(), None).await.map_err(refused)?;
                migrate(self.route.url(&self.name)).await
            }
        }
    }

    /// A database that is empty, whatever there was of that name.
    async fn create(
        &mut self,
        name: &str,
        definition: Option<&DatabaseDefinition>,
    ) -> Result<(), Failure> {
        let name = MySql.quote(name);
        let place = definition.map_or(String::new(), |definition| {
            format!(" CHARACTER SET {} COLLATE {}", definition.charset, definition.collation)
        });
        let create = format!("DROP DATABASE IF EXISTS {name};\nCREATE DATABASE {name}{place}");
        self.reader.run(&create).await.map(|_| ())
    }

    async fn replay(&mut self, definition: &DatabaseDefinition) -> Result<(), Failure> {
        let name = self.name.clone();
        self.create(&name, Some(definition)).await?;
        let mut message = format!("USE {}", MySql.quote(&name));
        for statement in definition.script(&name, &template(self.fingerprint())) {
            if message.len() + statement.len() > MESSAGE {
                self.reader.run(&std::mem::take(&mut message)).await?;
            } else {
                // On a line of its own, for a text may end with a comment.
                message.push_str("\n;\n");
            }
            message.push_str(&statement);
        }
        message.push_str("\n;\nUSE information_schema");
        self.reader.run(&message).await.map(|_| ())
    }

    /// Makes the template, and the copy with it; unless another process does: then it waits for that.
    async fn build(&mut self, migrate: Fill<'_>) -> Result<bool> {
        let lock = MySql.literal(&template(self.fingerprint()));
        let take = format!(
            "SELECT GET_LOCK({lock}, 0) AS held;\n{}",
            self.filled(section!(COPIES, "template"))
        );
        loop {
            let sets = run(&mut self.reader, "waiting for the template", &take).await?;
            let held = sets.first().and_then(|rows| rows.first());
            let held = held.is_some_and(|row| row.column("held") == Some("1"));
            let there = read_way(&sets[1..]).is_some();
            let made = if held && !there { Some(self.build_held(migrate).await) } else { None };
            if held {
                let unlock = format!("DO RELEASE_LOCK({lock})");
                run(&mut self.reader, "giving the template's lock back", &unlock).await?;
            }
            match made {
                Some(made) => return made.map(|()| true),
                None if there => return Ok(false),
                None => tokio::time::sleep(jitter(Duration::from_millis(40))).await,
            }
        }
    }

    /// Under the template's lock.
    async fn build_held(&mut self, migrate: Fill<'_>) -> Result<()> {
        let built = self.build_template(migrate).await;
        match built {
            Ok(CopyMethod::Script(_)) => Ok(()),
            Ok(CopyMethod::Migrations) => self.make_by(&CopyMethod::Migrations, migrate).await,
            Err(error) => {
                self.drop_template(self.fingerprint()).await;
                Err(error)
            }
        }
    }

    async fn build_template(&mut self, migrate: Fill<'_>) -> Result<CopyMethod> {
        let doing = "making the template";
        let name = template(self.fingerprint());
        let making = format!(
            "REPLACE INTO ambix_testkit.templates (fingerprint, state, used_at) \
             VALUES ('{}', 'making', UNIX_TIMESTAMP())",
            self.fingerprint()
        );
        settle(&mut self.reader, &making).await.map_err(refused)?;
        self.create(&name, None).await.map_err(refused)?;
        migrate(self.route.url(&name)).await?;
        // What the migrations' connection has left must not change what is read.
        quiet(&mut self.reader, &name).await.map_err(|failure| failure.doing(doing))?;
        let way = match self.prove(&name).await {
            Ok(Some(definition)) => CopyMethod::Script(definition),
            Ok(None) => CopyMethod::Migrations,
            Err(failure) if failure.kind == FailureKind::Other => {
                tracing::debug!(error = %failure.error, "copies of this template are migrated one by one");
                CopyMethod::Migrations
            }
            Err(failure) => return Err(failure.doing(doing)),
        };
        self.publish(&way).await.map_err(|failure| failure.doing(doing))?;
        Ok(way)
    }

    /// Makes the first copy from the script, and looks whether it is like the template. None where it is not.
    async fn prove(&mut self, name: &str) -> Result<Option<DatabaseDefinition>, Failure> {
        let definition = DatabaseDefinition::read(&mut self.reader, name).await;
        self.reader.run("USE information_schema").await?;
        let Some(definition) = definition? else { return Ok(None) };
        let replayed = match self.replay(&definition).await {
            Ok(()) => definition.look_at(&mut self.reader, &self.name).await,
            Err(failure) => Err(failure),
        };
        // An error may have been in the midst of another object's settings.
        let settings = format!(
            "USE information_schema; SET NAMES utf8mb4; {}",
            fill(section!(COPIES, "settings"), &[])
        );
        self.reader.run(&settings).await?;
        let seen = replayed?;
        if seen.as_ref() != Some(&definition) {
            tracing::debug!(?seen, ?definition, "a copy by script is not like its template");
            return Ok(None);
        }
        Ok(Some(definition))
    }

    /// Writes down that the template is there.
    async fn publish(&mut self, way: &CopyMethod) -> Result<(), Failure> {
        let fingerprint = self.fingerprint();
        let mut message =
            format!("DELETE FROM ambix_testkit.objects WHERE fingerprint = '{fingerprint}'");
        let nothing = DatabaseDefinition {
            charset: String::new(),
            collation: String::new(),
            objects: Vec::new(),
        };
        let (state, definition) = match way {
            CopyMethod::Script(definition) => ("ready", definition),
            CopyMethod::Migrations => ("fill", &nothing),
        };
        for (number, object) in definition.objects.iter().enumerate() {
            let row = row(object);
            let sent = message.len() + row.len() > MESSAGE;
            if sent {
                settle(&mut self.reader, &std::mem::take(&mut message)).await?;
            }
            let end = if sent { "" } else { ";\n" };
            message += &format!(
                "{end}INSERT INTO ambix_testkit.objects VALUES ('{fingerprint}', {number}, {row})"
            );
        }
        settle(&mut self.reader, &message).await?;
        let name = template(fingerprint);
        let mut last = Vec::new();
        if matches!(way, CopyMethod::Migrations) {
            last.push(format!("DROP DATABASE IF EXISTS {}", MySql.quote(&name)));
        }
        // Nothing may happen in it.
        let events =
            definition.objects.iter().filter(|object| object.kind == DefinitionKind::Event);
        last.extend(
            events.map(|event| {
                format!("ALTER EVENT {}.{} DISABLE", MySql.quote(&name), event.quoted())
            }),
        );
        let values = [
            ("state", state),
            ("charset", definition.charset.as_str()),
            ("collation", definition.collation.as_str()),
            ("fingerprint", &MySql.literal(fingerprint)),
        ];
        last.push(fill(section!(COPIES, "publish"), &values));
        settle(&mut self.reader, &last.join(";\n")).await.map(drop)
    }

    async fn note_use(&mut self) {
        let note = format!(
            "UPDATE ambix_testkit.templates SET used_at = UNIX_TIMESTAMP() WHERE fingerprint = '{}'",
            self.fingerprint()
        );
        let _ = settle(&mut self.reader, &note).await;
    }

    /// Takes a copy away that is still one to take away.
    async fn forget(&mut self, name: &str) {
        let literal = MySql.literal(name);
        let (stale, idle) = (stale(&self.order.test), self.idle());
        let held = fill(
            section!(COPIES, "held"),
            &[("name", &literal), ("stale", &stale), ("idle", &idle)],
        );
        if !holds(&mut self.reader, &held).await {
            return;
        }
        // One that cannot be dropped now can be later.
        if let Err(failure) = remove(&mut self.reader, name).await {
            tracing::debug!(error = %failure.error, name, "a database of a test is left");
        }
        let _ = self.reader.run(&format!("DO RELEASE_LOCK({literal})")).await;
    }

    async fn forget_template(&mut self, fingerprint: &str) {
        let literal = MySql.literal(fingerprint);
        let held =
            fill(section!(COPIES, "held template"), &[("fingerprint", &literal), ("old", &old())]);
        if holds(&mut self.reader, &held).await {
            self.drop_template(fingerprint).await;
        }
        let unlock = format!("DO RELEASE_LOCK('{}')", template(fingerprint));
        let _ = self.reader.run(&unlock).await;
    }

    /// Under its lock: takes a template away, and first what says that it is there.
    pub(super) async fn drop_template(&mut self, fingerprint: &str) {
        let literal = MySql.literal(fingerprint);
        let values = [("fingerprint", literal.as_str())];
        let name = MySql.quote(&template(fingerprint));
        let gone = async {
            let sets =
                settle(&mut self.reader, &fill(section!(COPIES, "forget template"), &values))
                    .await?;
            for row in sets.last().into_iter().flatten() {
                let copy = row.text("name").to_owned();
                let lock =
                    format!("SELECT GET_LOCK({}, 0) AS held; SELECT 1", MySql.literal(&copy));
                if holds(&mut self.reader, &lock).await {
                    remove(&mut self.reader, &copy).await?;
                    self.reader.run(&format!("DO RELEASE_LOCK('{copy}')")).await?;
                }
            }
            self.reader.run(&format!("DROP DATABASE IF EXISTS {name}")).await?;
            settle(&mut self.reader, &fill(section!(COPIES, "template gone"), &values)).await
        };
        if let Err(failure) = gone.await {
            tracing::debug!(error = %failure.error, fingerprint, "a template is left");
        }
    }
}

/// The row of an object in the registry, without its number.
fn row(object: &CreateStatement) -> String {
    let optional =
        |text: &Option<String>| text.as_ref().map_or("NULL".to_owned(), |text| MySql.literal(text));
    [
        MySql.literal(object.kind.word()),
        MySql.literal(&object.name),
        MySql.literal(&object.settings),
        MySql.literal(&object.text),
        optional(&object.counter),
        MySql.literal(&object.columns.join("\n")),
        optional(&object.sum),
    ]
    .join(", ")
}

/// Reads what the section `template` asks for.
pub(super) fn read_way(sets: &[Vec<Row>]) -> Option<CopyMethod> {
    let [template, objects] = sets else { return None };
    let template = template.first()?;
    if template.column("state") != Some("ready") {
        return Some(CopyMethod::Migrations);
    }
    let read = objects.iter().filter_map(|row| {
        let optional = |name: &str| row.column(name).map(str::to_owned);
        let kind = DefinitionKind::read(row.text("kind"))?;
        let columns: Vec<String> = row
            .text("columns")
            .split('\n')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
        Some(CreateStatement {
            settings: row.text("settings").to_owned(),
            text: row.text("text").to_owned(),
            counter: optional("counter"),
            filled: kind == DefinitionKind::Table && !columns.is_empty(),
            columns,
            sum: optional("sum"),
            ..CreateStatement::new(kind, row.text("name"))
        })
    });
    Some(CopyMethod::Script(DatabaseDefinition {
        charset: template.text("charset").to_owned(),
        collation: template.text("collation").to_owned(),
        objects: read.collect(),
    }))
}

/// Whether a lock was to be had, and the row under it is still what was expected.
async fn holds(reader: &mut Reader, sql: &str) -> bool {
    let Ok(sets) = settle(reader, sql).await else { return false };
    let held = sets
        .first()
        .and_then(|rows| rows.first())
        .is_some_and(|row| row.column("held") == Some("1"));
    held && sets.get(1).is_some_and(|rows| !rows.is_empty())
}

/// Ends the connections to a database. Whether there were none, or only such as were on their way out.
pub(super) async fn quiet(reader: &mut Reader, name: &str) -> Result<bool, Failure> {
    let query = users(name);
    let begun = Instant::now();
    let mut seen: Option<Vec<Row>> = None;
    loop {
        let now: Vec<Row> = reader.run(&query).await?.into_iter().flatten().collect();
        // Who was there at every look.
        let lasting: Vec<Row> = match seen {
            Some(before) => before.into_iter().filter(|user| now.contains(user)).collect(),
            None => now,
        };
        if lasting.is_empty() {
            return Ok(true);
        }
        if begun.elapsed() > Duration::from_millis(100) {
            for user in &lasting {
                // It may be gone by now.
                let _ = reader.run(&format!("KILL {}", user.text("id"))).await;
            }
            return Ok(false);
        }
        seen = Some(lasting);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Drops a copy, and then what says that it is there.
pub(super) async fn remove(reader: &mut Reader, name: &str) -> Result<(), Failure> {
    quiet(reader, name).await?;
    reader.run(&format!("DROP DATABASE IF EXISTS {}", MySql.quote(name))).await?;
    let gone = format!("DELETE FROM ambix_testkit.copies WHERE name = {}", MySql.literal(name));
    settle(reader, &gone).await.map(drop)
}

/// The test's name, not longer than its column.
pub(super) fn test_literal(test: &str) -> String {
    MySql.literal(&test.chars().take(1000).collect::<String>())
}

/// What tells a copy that is to be taken away, where this test runs.
fn stale(test: &str) -> String {
    let unused = UNUSED.as_secs().to_string();
    fill(section!(COPIES, "stale"), &[("test", &test_literal(test)), ("unused", &unused)])
}

/// What tells an old template.
fn old() -> String {
    let values = [
        ("unused", UNUSED.as_secs().to_string()),
        ("note", NOTE.as_secs().to_string()),
        ("templates", TEMPLATES.to_string()),
    ];
    let values: Vec<(&str, &str)> =
        values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    fill(section!(COPIES, "old"), &values)
}

fn unreadable() -> Error {
    Error::TestKit {
        problem: "the server's answer to the test kit is not what it asked for".to_owned(),
    }
}
