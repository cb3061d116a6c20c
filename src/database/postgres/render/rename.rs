//! A column that gets another name while programs of both versions use the table: the new column beside the old one, with the same
//! constraints and indexes, and a trigger that keeps the two the same.

use super::{
    constraint::{self, create_index_with, using_index},
    name::name,
    online::{
        backfill_where, comment_on_constraint, comment_on_index, default_text, helper, in_schema,
        meanwhile, set_not_null, shortened,
    },
    render, table_name,
    volatile::is_volatile,
};
use crate::{
    change::{Change, apply},
    database::{
        ChangeSet,
        drafting::{OnlineSteps, RenamedColumn, TwoWay},
        postgres::Postgres,
    },
    schema::{Check, Column, ForeignKey, Index, Name, Table, Unique},
};

/// Options that name an index, which would be another one.
const INDEX_OPTIONS: [&str; 2] = ["cluster_on", "replica_identity_index"];

pub(in super::super) fn rename(of: &RenamedColumn<'_>) -> Result<OnlineSteps, String> {
    refuse(of)?;
    let new = Twin::of(of, Side::New);
    let old = Twin::of(of, Side::Old);
    let (Some(new), Some(old)) = (new, old) else {
        return Err("its column is not in the schema".to_owned());
    };
    let (table, trigger) = (table_name(&of.before.name), Trigger::of(of));
    let mut begin = new.begin(of, &trigger);
    begin.down = trigger.drop();
    begin.down.push(format!("ALTER TABLE {table} DROP COLUMN {}", name(of.to)));
    let (validate, last) = new.validate();
    let mut end = TwoWay { up: trigger.drop(), down: Vec::new() };
    end.up.push(format!("ALTER TABLE {table} DROP COLUMN {}", name(of.from)));
    end.up.extend(new.renamed(|own| (meanwhile(own), own.to_owned())));
    end.down.extend(new.renamed(|own| (own.to_owned(), meanwhile(own))));
    if let Some(default) = new.column.default.as_ref().filter(|default| is_volatile(default)) {
        let (to, from, default) = (name(of.to), name(of.from), default_text(default));
        end.up.push(format!("ALTER TABLE {table} ALTER COLUMN {to} SET DEFAULT {default}"));
        end.down.push(format!("ALTER TABLE {table} ALTER COLUMN {to} DROP DEFAULT"));
        let begun = old.begin(of, &trigger).up;
        end.down.extend(begun);
        end.down.push(format!("ALTER TABLE {table} ALTER COLUMN {from} SET DEFAULT {default}"));
    } else {
        end.down.extend(old.begin(of, &trigger).up);
    }
    end.down.extend(old.fill().up);
    end.down.extend(old.concurrent(of.in_scratch).up);
    let (read, set) = old.validate();
    end.down.extend(read.up.into_iter().chain(set.up));
    let some = |both: TwoWay| Some(both).filter(|both| !both.up.is_empty());
    Ok(OnlineSteps {
        begin: Some(begin),
        fill: Some(new.fill()),
        concurrent: some(new.concurrent(of.in_scratch)),
        validate: some(validate),
        last: some(last),
        end: Some(end),
        ..OnlineSteps::default()
    })
}

/// What cannot be kept twice.
fn refuse(of: &RenamedColumn<'_>) -> Result<(), String> {
    let (before, after) = (of.before, of.after);
    let column = before.find_column(of.from);
    let others = |table: &Table, own: &str| {
        table.columns.iter().filter(|column| column.name != own).cloned().collect::<Vec<Column>>()
    };
    let is_divided = before.partition_by.is_some()
        || !before.inherits.is_empty()
        || of.state.tables.iter().any(|other| other.inherits.contains(&before.name));
    let why = if column.is_some_and(|column| column.identity.is_some()) {
        "it numbers rows, and two columns would get two numbers"
    } else if column.is_some_and(|column| column.generated.is_some()) {
        "it is computed, and no program writes it"
    } else if before.primary_key != after.primary_key {
        "it is a part of the primary key, and a table has only one"
    } else if before.exclusions != after.exclusions {
        "an exclusion constraint is about it, which cannot be added without a lock against reads and writes"
    } else if others(before, of.from) != others(after, of.to) {
        "a computed column is computed from it"
    } else if is_divided {
        "its table has partitions or children"
    } else if INDEX_OPTIONS.iter().any(|option| before.options.contains_key(*option)) {
        "its table is clustered on an index, or has one for its replica identity"
    } else {
        return Ok(());
    };
    Err(why.to_owned())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    New,
    Old,
}

/// A column that is made beside another one, with all that is on it.
struct Twin<'a> {
    table: &'a Name,
    column: Column,
    /// Where its values come from.
    source: &'a str,
    indexes: Vec<Index>,
    uniques: Vec<Unique>,
    checks: Vec<Check>,
    keys: Vec<ForeignKey>,
    /// The names of all of these, as they are in the end: those of indexes, and those of constraints.
    names: (Vec<String>, Vec<String>),
}

/// What is in the one list and not in the other.
fn own<T: Clone + PartialEq>(all: &[T], others: &[T]) -> Vec<T> {
    all.iter().filter(|part| !others.contains(part)).cloned().collect()
}

impl<'a> Twin<'a> {
    fn of(of: &RenamedColumn<'a>, side: Side) -> Option<Self> {
        let (table, other, column, source) = match side {
            Side::New => (of.after, of.before, of.to, of.from),
            Side::Old => (of.before, of.after, of.from, of.to),
        };
        let mut twin = Self {
            table: &of.before.name,
            column: table.find_column(column)?.clone(),
            source,
            indexes: own(&table.indexes, &other.indexes),
            uniques: own(&table.uniques, &other.uniques),
            checks: own(&table.checks, &other.checks),
            keys: own(&table.foreign_keys, &other.foreign_keys),
            names: (Vec::new(), Vec::new()),
        };
        let constraints = twin.uniques.iter().map(|part| &part.name);
        let constraints = constraints.chain(twin.checks.iter().map(|part| &part.name));
        let constraints = constraints.chain(twin.keys.iter().map(|part| &part.name));
        let constraints = constraints.flatten().cloned().collect();
        let indexes = twin.indexes.iter().filter_map(|part| part.name.clone()).collect();
        twin.names = (indexes, constraints);
        if side == Side::New {
            let names = twin.indexes.iter_mut().map(|part| &mut part.name);
            let names = names.chain(twin.uniques.iter_mut().map(|part| &mut part.name));
            let names = names.chain(twin.checks.iter_mut().map(|part| &mut part.name));
            let names = names.chain(twin.keys.iter_mut().map(|part| &mut part.name));
            // The old column's have these names until it goes.
            names.flatten().for_each(|own| *own = meanwhile(own));
        }
        Some(twin)
    }

    /// The column with nothing in it, what is added without looking at rows, and the trigger.
    fn begin(&self, of: &RenamedColumn<'_>, trigger: &Trigger) -> TwoWay {
        let table = table_name(self.table);
        let column = Column { nullable: true, default: None, ..self.column.clone() };
        let add = Change::AddColumn { table: self.table.clone(), column, fill: None };
        let mut after = of.state.clone();
        apply(&mut after, &add);
        let changes = [add];
        let set = ChangeSet {
            from: of.state,
            to: &after,
            changes: &changes,
            with_rows: false,
            is_online: true,
            is_copy: false,
        };
        let rendered = render(&Postgres, &set).map(|rendered| rendered.statements);
        let mut up: Vec<String> =
            rendered.unwrap_or_default().into_iter().map(|statement| statement.sql).collect();
        let default = self.column.default.as_ref().filter(|default| !is_volatile(default));
        if let Some(default) = default {
            let (own, default) = (name(&self.column.name), default_text(default));
            up.push(format!("ALTER TABLE {table} ALTER COLUMN {own} SET DEFAULT {default}"));
        }
        up.extend(trigger.create());
        let mut constraint = |own: &Option<String>, text: String, comment: &Option<String>| {
            let own = own.as_deref().unwrap_or_default();
            up.push(format!("ALTER TABLE {table} ADD CONSTRAINT {} {text}", name(own)));
            up.extend(comment_on_constraint(self.table, own, comment));
        };
        for check in &self.checks {
            let loose = Check { validated: false, ..check.clone() };
            constraint(&check.name, constraint::check(&loose), &check.comment);
        }
        for key in &self.keys {
            let loose = ForeignKey { validated: false, ..key.clone() };
            constraint(&key.name, constraint::foreign_key(&loose), &key.comment);
        }
        TwoWay { up, down: Vec::new() }
    }

    fn fill(&self) -> TwoWay {
        let (table, source) = (table_name(self.table), name(self.source));
        // On the way back, a program has written rows between the new default and the trigger, which have that default.
        let own = name(&self.column.name);
        let which = format!("{own}::text IS DISTINCT FROM {source}::text");
        let mut fill = TwoWay::default();
        fill.up.push(backfill_where(self.table, (&self.column.name, &source), &which, ""));
        if !self.column.nullable {
            let check = helper(self.table, &self.column.name);
            let own = name(check.name.as_deref().unwrap_or_default());
            let text = constraint::check(&check);
            fill.up.push(format!("ALTER TABLE {table} ADD CONSTRAINT {own} {text}"));
            fill.down.push(format!("ALTER TABLE {table} DROP CONSTRAINT {own}"));
        }
        fill
    }

    fn concurrent(&self, in_scratch: bool) -> TwoWay {
        let how = if in_scratch { "" } else { " CONCURRENTLY" };
        let mut both = TwoWay::default();
        for index in &self.indexes {
            let own = index.name.as_deref().unwrap_or_default();
            both.up.push(create_index_with(self.table, index, how));
            both.up.extend(comment_on_index(self.table, own, &index.comment));
            both.down.insert(0, format!("DROP INDEX{how} {}", in_schema(self.table, own)));
        }
        let table = table_name(self.table);
        for unique in &self.uniques {
            let own = unique.name.as_deref().unwrap_or_default();
            let index = Index {
                name: unique.name.clone(),
                unique: true,
                include: unique.include.clone(),
                nulls_not_distinct: unique.nulls_not_distinct,
                options: unique.options.clone(),
                ..Index::new(unique.columns.clone())
            };
            let kind = using_index("UNIQUE", own, unique.deferral);
            both.up.push(create_index_with(self.table, &index, how));
            both.up.push(format!("ALTER TABLE {table} ADD CONSTRAINT {} {kind}", name(own)));
            both.up.extend(comment_on_constraint(self.table, own, &unique.comment));
            both.down.insert(0, format!("ALTER TABLE {table} DROP CONSTRAINT {}", name(own)));
        }
        both
    }

    /// What reads rows, and what then makes the column NOT NULL.
    fn validate(&self) -> (TwoWay, TwoWay) {
        let table = table_name(self.table);
        let (mut validate, mut last) = (TwoWay::default(), TwoWay::default());
        let checks = self.checks.iter().filter(|check| check.validated && check.enforced);
        let texts = checks.map(|check| {
            (
                &check.name,
                constraint::check(&Check { validated: false, ..check.clone() }),
                &check.comment,
            )
        });
        let keys = self.keys.iter().filter(|key| key.validated);
        let keys = keys.map(|key| {
            (
                &key.name,
                constraint::foreign_key(&ForeignKey { validated: false, ..key.clone() }),
                &key.comment,
            )
        });
        for (own, loose, comment) in texts.chain(keys) {
            let of = own.as_deref().unwrap_or_default();
            let own = name(of);
            validate.up.push(format!("ALTER TABLE {table} VALIDATE CONSTRAINT {own}"));
            validate.down.push(format!(
                "ALTER TABLE {table} DROP CONSTRAINT {own}, ADD CONSTRAINT {own} {loose}"
            ));
            validate.down.extend(comment_on_constraint(self.table, of, comment));
        }
        if !self.column.nullable {
            let (read, set) = set_not_null(self.table, &self.column.name);
            validate.up.extend(read.up);
            last = set;
        }
        (validate, last)
    }

    /// The statements that give all that is on the column other names.
    fn renamed(&self, names: impl Fn(&str) -> (String, String)) -> Vec<String> {
        let table = table_name(self.table);
        let indexes = self.names.0.iter().map(|own| {
            let (from, to) = names(own);
            format!("ALTER INDEX {} RENAME TO {}", in_schema(self.table, &from), name(&to))
        });
        let constraints = self.names.1.iter().map(|own| {
            let (from, to) = names(own);
            format!("ALTER TABLE {table} RENAME CONSTRAINT {} TO {}", name(&from), name(&to))
        });
        indexes.chain(constraints).collect()
    }
}

/// What keeps the two columns the same, whichever of them a program writes.
struct Trigger {
    table: String,
    own: String,
    function: String,
    body: String,
}

impl Trigger {
    fn of(of: &RenamedColumn<'_>) -> Self {
        let table = &of.before.name;
        let both = format!("{}_{}_{}", table.name, of.from, of.to);
        let (old, new) = (name(of.from), name(of.to));
        let column = of.after.find_column(of.to);
        let default = column.and_then(|column| {
            let default = column.default.as_ref().filter(|default| !is_volatile(default))?;
            Some(format!("({})::{}::text", default_text(default), column.ty.text()))
        });
        // As texts, since not every type can be compared, and some take two values for one that are not the same to a reader.
        let body = format!(
            "BEGIN\n    IF TG_OP = 'INSERT' THEN\n        -- A program that does not know a column leaves it at its default.\n        IF \
             NEW.{new}::text IS NOT DISTINCT FROM {default} THEN\n            NEW.{new} := NEW.{old};\n        ELSE\n            NEW.{old} \
             := NEW.{new};\n        END IF;\n    ELSIF NEW.{new}::text IS DISTINCT FROM OLD.{new}::text THEN\n        NEW.{old} := \
             NEW.{new};\n    ELSIF NEW.{old}::text IS DISTINCT FROM OLD.{old}::text THEN\n        NEW.{new} := \
             NEW.{old};\n    END IF;\n    RETURN NEW;\nEND",
            default = default.as_deref().unwrap_or("NULL")
        );
        Self {
            table: table_name(table),
            // Triggers fire in the order of their names: this one sees what others have written.
            own: name(&shortened(&format!("zz_ambix_rename_{both}"), "")),
            function: in_schema(table, &shortened(&format!("ambix_rename_{both}"), "")),
            body,
        }
    }

    fn create(&self) -> Vec<String> {
        let Self { table, own, function, body } = self;
        vec![
            format!(
                "CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $ambix$\n{body}\n$ambix$"
            ),
            format!(
                "CREATE TRIGGER {own} BEFORE INSERT OR UPDATE ON {table}\n    FOR EACH ROW EXECUTE FUNCTION {function}()"
            ),
        ]
    }

    fn drop(&self) -> Vec<String> {
        let Self { table, own, function, .. } = self;
        vec![format!("DROP TRIGGER {own} ON {table}"), format!("DROP FUNCTION {function}()")]
    }
}
