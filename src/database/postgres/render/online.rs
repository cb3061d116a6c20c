//! Changes of a table that programs use meanwhile: in steps of which none locks out readers or writers for as long as it reads or
//! writes rows.

use super::{
    constraint::{self, create_index_with, using_index},
    name::{self, name},
    online_partitioned, table_name,
    volatile::is_volatile,
};
use crate::{
    change::Change,
    database::{
        Dialect,
        drafting::{ChangeForm, OnlineContext, OnlineFill, OnlineSteps, TwoWay},
        postgres::{Postgres, SYNTAX, probe::BACKFILL, types, values::is_wider},
    },
    schema::{
        Check, Column, DefaultValue, ForeignKey, Index, IndexKey, Literal, Name, Options,
        PrimaryKey, Table, Unique,
    },
    sql::{Token, TokenKind, tokens},
};

/// How many pages of a table one batch of a backfill is about: some thousand rows.
const PAGES: u32 = 100;
/// The longest name that the server keeps, in bytes.
const NAME_LIMIT: usize = 63;
pub(super) const DIVIDED: &str = "it reads the rows of a table with partitions or children under a lock, and the server has \
                                  no other way for those";
/// What makes a table another one on the disk.
const COPYING_OPTIONS: [&str; 3] = ["unlogged", "tablespace", "access_method"];
/// What names an index, which must be there before.
const INDEX_OPTIONS: [&str; 2] = ["cluster_on", "replica_identity_index"];

pub(in super::super) fn form(change: &Change, at: &OnlineContext<'_>) -> ChangeForm {
    use Change as C;
    let table = change.table().and_then(|name| at.state.find_table(name));
    if let C::AddForeignKey { key, .. } = change
        && !has_key(key, at)
    {
        return ChangeForm::Later;
    }
    let Some(table) = table else { return of_no_table(change) };
    if let Some(form) = online_partitioned::form(change, table, at) {
        return form;
    }
    if is_divided(table, at) && scans(change, at) {
        return ChangeForm::Blocking(DIVIDED.to_owned());
    }
    match change {
        C::AddIndex { index, .. } => add_index(&table.name, index, at),
        C::DropIndex { index, .. } => drop_index(&table.name, index, at),
        C::AddUnique { unique, .. } => add_unique(&table.name, unique, at),
        C::AddPrimaryKey { key, .. } => add_primary_key(table, key, at),
        C::AddForeignKey { key, .. } if key.validated => add_foreign_key(&table.name, key),
        C::AddCheck { check, .. } if check.validated && check.enforced => {
            add_check(&table.name, check)
        }
        C::AddExclusion { .. } => ChangeForm::Blocking(
            "it builds an index and reads every row under a lock against reads and writes, and an exclusion constraint cannot be added \
             in another way"
                .to_owned(),
        ),
        C::AddColumn { column, .. } => add_column(table, column, at),
        C::AlterColumn { from, to, .. } => alter_column(table, (from, to), at),
        C::AlterOptions { from, to, .. } => options(table, (from, to), at),
        C::Attach { .. } | C::Join { .. } | C::GoAlong { .. } => ChangeForm::Blocking(
            "a partition is read under a lock when it is attached, unless a CHECK shows that all its rows belong there".to_owned(),
        ),
        _ => ChangeForm::Plain,
    }
}

fn of_no_table(change: &Change) -> ChangeForm {
    match change {
        Change::AlterEnum { rebuild: true, .. } => ChangeForm::Blocking(
            "it gives each column of the type a new one, which rewrites their tables under a lock against reads and writes".to_owned(),
        ),
        _ => ChangeForm::Plain,
    }
}

/// Whether a table has partitions or children, or is one: then its parts are not its own.
fn is_divided(table: &Table, at: &OnlineContext<'_>) -> bool {
    table.partition_by.is_some()
        || !table.inherits.is_empty()
        || at.state.tables.iter().any(|other| other.inherits.contains(&table.name))
}

/// Whether a change reads or writes rows in its plain form.
fn scans(change: &Change, at: &OnlineContext<'_>) -> bool {
    use Change as C;
    match change {
        C::AddUnique { .. } | C::AddPrimaryKey { .. } | C::AddExclusion { .. } => true,
        C::AddForeignKey { key, .. } => key.validated,
        C::AddCheck { check, .. } => check.validated,
        C::AddColumn { column, .. } => {
            !column.fills_itself()
                || column.default.as_ref().is_some_and(is_volatile)
                || matches!(at.fill, Some(OnlineFill::Given(_)))
        }
        C::AlterColumn { from, to, .. } => from.nullable && !to.nullable,
        _ => false,
    }
}

/// Whether the table that a foreign key refers to has the key already, or is new.
fn has_key(key: &ForeignKey, at: &OnlineContext<'_>) -> bool {
    let Some(table) = at.state.find_table(&key.references) else { return true };
    let same = |columns: &[String]| {
        columns.len() == key.referenced.len()
            && key.referenced.iter().all(|column| columns.contains(column))
    };
    let index = |index: &Index| {
        let columns = index.parts.iter().map(|part| match &part.key {
            IndexKey::Column(column) => Some(column.clone()),
            IndexKey::Expression(_) => None,
        });
        let columns: Option<Vec<String>> = columns.collect();
        index.unique && index.predicate.is_none() && columns.is_some_and(|columns| same(&columns))
    };
    table.primary_key.iter().any(|own| same(&own.columns))
        || table.uniques.iter().any(|own| same(&own.columns))
        || table.indexes.iter().any(index)
        || key.referenced.is_empty()
}

pub(super) fn steps(steps: OnlineSteps) -> ChangeForm {
    ChangeForm::Steps(Box::new(steps))
}

/// Another name for what takes the place of something with the same name, until that is gone.
pub(super) fn meanwhile(of: &str) -> String {
    shortened(of, "_ambix_new")
}

/// A name with something behind it, no longer than the server keeps.
pub(super) fn shortened(of: &str, end: &str) -> String {
    let mut cut = of.len().min(NAME_LIMIT - end.len());
    while !of.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}{end}", &of[..cut])
}

pub(super) fn in_schema(table: &Name, of: &str) -> String {
    name::in_schema(table.schema.as_deref(), of)
}

pub(super) fn comment_on_index(table: &Name, of: &str, comment: &Option<String>) -> Option<String> {
    let comment = Postgres.literal(comment.as_deref()?);
    Some(format!("COMMENT ON INDEX {} IS {comment}", in_schema(table, of)))
}

pub(super) fn comment_on_constraint(
    table: &Name,
    of: &str,
    comment: &Option<String>,
) -> Option<String> {
    let comment = Postgres.literal(comment.as_deref()?);
    Some(format!("COMMENT ON CONSTRAINT {} ON {} IS {comment}", name(of), table_name(table)))
}

pub(super) fn concurrently(at: &OnlineContext<'_>) -> &'static str {
    if at.in_scratch { "" } else { " CONCURRENTLY" }
}

/// The index of the same name that another one takes the place of.
fn replaced<'c>(table: &Name, of: &str, at: &OnlineContext<'c>) -> Option<&'c Index> {
    at.changes.iter().find_map(|change| match change {
        Change::DropIndex { table: own, index }
            if own == table && index.name.as_deref() == Some(of) =>
        {
            Some(index)
        }
        _ => None,
    })
}

fn add_index(table: &Name, index: &Index, at: &OnlineContext<'_>) -> ChangeForm {
    let Some(of) = index.name.as_deref() else { return ChangeForm::Plain };
    let how = concurrently(at);
    let drop = |of: &str| format!("DROP INDEX{how} {}", in_schema(table, of));
    let concurrent = match replaced(table, of, at) {
        None => {
            let mut up = vec![create_index_with(table, index, how)];
            up.extend(comment_on_index(table, of, &index.comment));
            TwoWay { up, down: vec![drop(of)] }
        }
        Some(old) => {
            let next = meanwhile(of);
            // The new one is built before the old one goes.
            let swap = |to: &Index| {
                let built = Index { name: Some(next.clone()), ..to.clone() };
                let rename =
                    format!("ALTER INDEX {} RENAME TO {}", in_schema(table, &next), name(of));
                let mut all = vec![create_index_with(table, &built, how), drop(of), rename];
                all.extend(comment_on_index(table, of, &to.comment));
                all
            };
            TwoWay { up: swap(index), down: swap(old) }
        }
    };
    steps(OnlineSteps { concurrent: Some(concurrent), ..OnlineSteps::default() })
}

fn drop_index(table: &Name, index: &Index, at: &OnlineContext<'_>) -> ChangeForm {
    let Some(of) = index.name.as_deref() else { return ChangeForm::Plain };
    let is_replacing = |change: &Change| {
        matches!(change, Change::AddIndex { table: own, index }
            if own == table && index.name.as_deref() == Some(of))
    };
    if at.changes.iter().any(is_replacing) {
        return ChangeForm::Along;
    }
    let how = concurrently(at);
    let mut down = vec![create_index_with(table, index, how)];
    down.extend(comment_on_index(table, of, &index.comment));
    let up = vec![format!("DROP INDEX{how} {}", in_schema(table, of))];
    steps(OnlineSteps { concurrent: Some(TwoWay { up, down }), ..OnlineSteps::default() })
}

/// A key takes the place of another of its name in one statement, which builds the index of it.
fn is_swapped(table: &Name, of: &str, at: &OnlineContext<'_>) -> bool {
    at.changes.iter().any(|change| {
        let dropped = match change {
            Change::DropUnique { table: own, unique } if own == table => &unique.name,
            Change::DropPrimaryKey { table: own, key } if own == table => &key.name,
            _ => return false,
        };
        dropped.as_deref() == Some(of)
    })
}

const SWAPPED: &str = "a key of the same name goes, so that the new one is built under a lock against reads and writes; give the new one \
                       another name, and it is built beside the old one";

fn add_unique(table: &Name, unique: &Unique, at: &OnlineContext<'_>) -> ChangeForm {
    let Some(of) = unique.name.as_deref() else { return ChangeForm::Plain };
    if is_swapped(table, of, at) {
        return ChangeForm::Blocking(SWAPPED.to_owned());
    }
    let index = Index {
        name: Some(of.to_owned()),
        unique: true,
        include: unique.include.clone(),
        nulls_not_distinct: unique.nulls_not_distinct,
        options: unique.options.clone(),
        ..Index::new(unique.columns.clone())
    };
    let kind = using_index("UNIQUE", of, unique.deferral);
    keyed(table, &index, &kind, &unique.comment, at)
}

fn add_primary_key(table: &Table, key: &PrimaryKey, at: &OnlineContext<'_>) -> ChangeForm {
    let Some(of) = key.name.as_deref() else { return ChangeForm::Plain };
    let is_set = |name: &String| table.find_column(name).is_some_and(|column| !column.nullable);
    if !key.columns.iter().all(is_set) {
        return ChangeForm::Later;
    }
    if is_swapped(&table.name, of, at) {
        return ChangeForm::Blocking(SWAPPED.to_owned());
    }
    let index = Index {
        name: Some(of.to_owned()),
        unique: true,
        include: key.include.clone(),
        options: key.options.clone(),
        ..Index::new(key.columns.clone())
    };
    let kind = using_index("PRIMARY KEY", of, key.deferral);
    keyed(&table.name, &index, &kind, &key.comment, at)
}

/// A key whose index is built first. The way back takes the index along.
fn keyed(
    table: &Name,
    index: &Index,
    kind: &str,
    comment: &Option<String>,
    at: &OnlineContext<'_>,
) -> ChangeForm {
    let of = index.name.as_deref().unwrap_or_default();
    let (of_table, constraint) = (table_name(table), name(of));
    let mut up = vec![
        create_index_with(table, index, concurrently(at)),
        format!("ALTER TABLE {of_table} ADD CONSTRAINT {constraint} {kind}"),
    ];
    up.extend(comment_on_constraint(table, of, comment));
    let down = vec![format!("ALTER TABLE {of_table} DROP CONSTRAINT {constraint}")];
    steps(OnlineSteps { concurrent: Some(TwoWay { up, down }), ..OnlineSteps::default() })
}

/// A constraint that exists without having checked the rows, and its validation. The down side leaves it as it was before that.
fn validated(
    table: &Name,
    of: &str,
    loose: &str,
    comment: &Option<String>,
    first: Change,
) -> ChangeForm {
    let (of_table, constraint) = (table_name(table), name(of));
    let mut down = vec![format!(
        "ALTER TABLE {of_table} DROP CONSTRAINT {constraint}, ADD CONSTRAINT {constraint} {loose}"
    )];
    down.extend(comment_on_constraint(table, of, comment));
    let up = vec![format!("ALTER TABLE {of_table} VALIDATE CONSTRAINT {constraint}")];
    steps(OnlineSteps {
        first: vec![first],
        validate: Some(TwoWay { up, down }),
        ..OnlineSteps::default()
    })
}

fn add_foreign_key(table: &Name, key: &ForeignKey) -> ChangeForm {
    let Some(of) = key.name.as_deref() else { return ChangeForm::Plain };
    let loose = ForeignKey { validated: false, ..key.clone() };
    let text = constraint::foreign_key(&loose);
    let first = Change::AddForeignKey { table: table.clone(), key: loose };
    validated(table, of, &text, &key.comment, first)
}

fn add_check(table: &Name, check: &Check) -> ChangeForm {
    let Some(of) = check.name.as_deref() else { return ChangeForm::Plain };
    let loose = Check { validated: false, ..check.clone() };
    let text = constraint::check(&loose);
    let first = Change::AddCheck { table: table.clone(), check: loose };
    validated(table, of, &text, &check.comment, first)
}

/// The check that shows that a column has no NULL, until the column is NOT NULL.
pub(super) fn helper(table: &Name, column: &str) -> Check {
    let of = shortened(&format!("{}_{column}", table.name), "_is_set");
    Check { validated: false, ..Check::new(format!("{} IS NOT NULL", name(column))).named(of) }
}

/// The end of a column that becomes NOT NULL: its check is validated; with that the column is NOT NULL, and the check goes.
pub(super) fn set_not_null(table: &Name, column: &str) -> (TwoWay, TwoWay) {
    let check = helper(table, column);
    let (of_table, of) = (table_name(table), name(column));
    let helper = name(check.name.as_deref().unwrap_or_default());
    let validate = TwoWay {
        up: vec![format!("ALTER TABLE {of_table} VALIDATE CONSTRAINT {helper}")],
        down: Vec::new(),
    };
    let last = TwoWay {
        up: vec![
            format!("ALTER TABLE {of_table} ALTER COLUMN {of} SET NOT NULL"),
            // By itself: in one statement with SET NOT NULL it would be gone when the server looks for it, and every row be read.
            format!("ALTER TABLE {of_table} DROP CONSTRAINT {helper}"),
        ],
        down: vec![format!(
            "ALTER TABLE {of_table}\n    ALTER COLUMN {of} DROP NOT NULL,\n    ADD CONSTRAINT {helper} {}",
            constraint::check(&check)
        )],
    };
    (validate, last)
}

fn add_column(table: &Table, column: &Column, at: &OnlineContext<'_>) -> ChangeForm {
    if column.identity.is_some() {
        return ChangeForm::Blocking(
            "it numbers every row, which rewrites the table under a lock against reads and writes"
                .to_owned(),
        );
    }
    if column.generated.as_ref().is_some_and(|generated| generated.stored) {
        return ChangeForm::Blocking(
            "it computes every row, which rewrites the table under a lock against reads and writes"
                .to_owned(),
        );
    }
    let default = column.default.as_ref().filter(|default| is_volatile(default));
    let is_given = matches!(at.fill, Some(OnlineFill::Given(_)));
    if default.is_none() && column.fills_itself() && !is_given {
        return ChangeForm::Plain;
    }
    let given = filled(column, at).filter(|_| is_given || default.is_none());
    let fill = given.or_else(|| default.map(default_text));
    let Some(fill) = fill else {
        return ChangeForm::Blocking(
            "it fails where the table has rows, and this type has no value that is as good as any other: give the column a value with \
             `DraftOptions::fill`"
                .to_owned(),
        );
    };
    let bare = Column { nullable: true, default: None, ..column.clone() };
    let of = table.name.clone();
    let first = vec![Change::AddColumn { table: of.clone(), column: bare, fill: None }];
    let (of_table, of_column) = (table_name(&of), name(&column.name));
    let mut fills = TwoWay::default();
    if let Some(default) = &column.default {
        let default = default_text(default);
        fills
            .up
            .push(format!("ALTER TABLE {of_table} ALTER COLUMN {of_column} SET DEFAULT {default}"));
        fills.down.push(format!("ALTER TABLE {of_table} ALTER COLUMN {of_column} DROP DEFAULT"));
    }
    fills.up.push(backfill(&of, &column.name, &fill));
    let (mut validate, mut last) = (None, None);
    if !column.nullable {
        guard(&of, &column.name, (&column.default, &fill), &mut fills);
        let (read, end) = set_not_null(&of, &column.name);
        (validate, last) = (Some(read), Some(end));
    }
    let note = placeholder_note(at);
    steps(OnlineSteps { first, fill: Some(fills), validate, last, note, ..OnlineSteps::default() })
}

/// Keeps rows from getting NULL from now on, and on the way back lets them. A row that has NULL until then could not be updated any more,
/// so that the rows are filled before. Without a default, some may have come meanwhile.
fn guard(
    table: &Name,
    column: &str,
    (default, fill): (&Option<DefaultValue>, &str),
    fills: &mut TwoWay,
) {
    let check = helper(table, column);
    let (of_table, of) = (table_name(table), name(check.name.as_deref().unwrap_or_default()));
    fills
        .up
        .push(format!("ALTER TABLE {of_table} ADD CONSTRAINT {of} {}", constraint::check(&check)));
    fills.down.insert(0, format!("ALTER TABLE {of_table} DROP CONSTRAINT {of}"));
    if default.is_none() {
        fills.up.push(backfill(table, column, fill));
    }
}

fn placeholder_note(at: &OnlineContext<'_>) -> Option<String> {
    let is_placeholder = at.fill == Some(&OnlineFill::Placeholder);
    is_placeholder
        .then(|| "review: a placeholder for existing rows; write what they should have".to_owned())
}

/// What existing rows get, as it was given, or some value.
fn filled(column: &Column, at: &OnlineContext<'_>) -> Option<String> {
    match at.fill {
        Some(OnlineFill::Given(fill)) => Some(fill.clone()),
        Some(OnlineFill::Placeholder) => {
            let values = at.state.enums.iter().find(|e| table_name(&e.name) == column.ty.text());
            types::placeholder(&column.ty, values.map(|e| e.values.as_slice()))
        }
        None => None,
    }
}

/// Fills existing rows, a part of the table at a time, each committed by itself. The parts are read by their place on the disk, so that
/// no index is needed. A row that a program changes meanwhile moves to another place, perhaps one that was filled before; these few are
/// filled at the end, wherever they are.
fn backfill(table: &Name, column: &str, fill: &str) -> String {
    let which = format!("{} IS NULL", name(column));
    // Rows that would get NULL are left, since they may be many.
    let gets_value = match may_be_null(fill) {
        true => format!(" AND ({fill}) IS NOT NULL"),
        false => String::new(),
    };
    backfill_where(table, (column, fill), &which, &gets_value)
}

/// The same for other rows; `rest` is what those at the end must meet besides.
pub(super) fn backfill_where(
    table: &Name,
    (column, fill): (&str, &str),
    which: &str,
    rest: &str,
) -> String {
    let (of_table, of) = (table_name(table), name(column));
    let relation = Postgres.literal(&of_table);
    format!(
        "DO {BACKFILL}\nDECLARE\n    page bigint := 0;\n    pages bigint := pg_relation_size({relation}) / \
         current_setting('block_size')::bigint;\nBEGIN\n    WHILE page < pages LOOP\n        UPDATE {of_table} SET {of} = {fill}\n        \
         WHERE {which} AND ctid >= format('(%s,0)', page)::tid AND ctid < format('(%s,0)', page + {PAGES})::tid;\n        \
         COMMIT;\n        page := page + {PAGES};\n    END LOOP;\n    -- Rows that programs have moved \
         meanwhile.\n    UPDATE {of_table} SET \
         {of} = {fill} WHERE {which}{rest};\nEND\n{BACKFILL}"
    )
}

fn alter_column(
    table: &Table,
    (from, to): (&Column, &Column),
    at: &OnlineContext<'_>,
) -> ChangeForm {
    let retyped = from.ty != to.ty || from.collation != to.collation;
    let is_cheap = from.collation == to.collation && is_wider(from.ty.text(), to.ty.text());
    if retyped && (!is_cheap || at.lifts(&table.name)) {
        return ChangeForm::Blocking(
            "a new type rewrites the table and its indexes, or reads every row, under a lock against reads and writes; without that, add \
             a column of the new type, fill it in batches while a trigger keeps it up, and drop the old one later"
                .to_owned(),
        );
    }
    if from.identity != to.identity {
        return ChangeForm::Blocking(
            "it reads the table for its highest number under a lock against reads and writes"
                .to_owned(),
        );
    }
    if !from.nullable || to.nullable {
        return ChangeForm::Plain;
    }
    let of = table.name.clone();
    let loose = Column { nullable: true, ..to.clone() };
    let mut first = Vec::new();
    if loose != *from {
        first.push(Change::AlterColumn {
            table: of.clone(),
            from: from.clone(),
            to: loose,
            fill: None,
            renamed_values: Vec::new(),
        });
    }
    let (validate, last) = set_not_null(&of, &to.name);
    let (validate, last) = (Some(validate), Some(last));
    let Some(fill) = filled(to, at) else {
        first.push(Change::AddCheck { table: of.clone(), check: helper(&of, &to.name) });
        let note = Some(format!(
            "fails where a row has NULL in {}: fill those rows before, in batches, or draft again with `DraftOptions::fill`",
            to.name
        ));
        return steps(OnlineSteps { first, validate, last, note, ..OnlineSteps::default() });
    };
    let mut fills = TwoWay { up: vec![backfill(&of, &to.name, &fill)], down: Vec::new() };
    guard(&of, &to.name, (&to.default, &fill), &mut fills);
    let note = placeholder_note(at);
    steps(OnlineSteps { first, fill: Some(fills), validate, last, note, ..OnlineSteps::default() })
}

fn options(table: &Table, (from, to): (&Options, &Options), at: &OnlineContext<'_>) -> ChangeForm {
    if COPYING_OPTIONS.iter().any(|option| from.get(*option) != to.get(*option)) {
        return ChangeForm::Blocking(
            "it copies the table under a lock against reads and writes".to_owned(),
        );
    }
    let has = |of: &String| {
        table.indexes.iter().any(|index| index.name.as_ref() == Some(of))
            || table.uniques.iter().any(|unique| unique.name.as_ref() == Some(of))
            || table.primary_key.iter().any(|key| key.name.as_ref() == Some(of))
    };
    let named = INDEX_OPTIONS.iter().filter_map(|option| to.get(*option));
    let waits =
        named.clone().any(|index| !has(index) || replaced(&table.name, index, at).is_some());
    if waits { ChangeForm::Later } else { ChangeForm::Plain }
}

/// Whether an expression may have no value in some row: it names something, and is not another value each time.
fn may_be_null(fill: &str) -> bool {
    let names = |token: Token<'_>| {
        matches!(token.kind, TokenKind::Word | TokenKind::QuotedName)
            && !token.is_any_word(&["TRUE", "FALSE"])
    };
    !is_volatile(&DefaultValue::Sql(fill.to_owned())) && tokens(fill, &SYNTAX).any(names)
}

pub(super) fn default_text(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Sql(sql) => sql.clone(),
        DefaultValue::Literal(Literal::Text(text)) => Postgres.literal(text),
        DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Float(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Boolean(value)) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_within_what_the_server_keeps() {
        let long = "ä".repeat(40);
        let short = meanwhile(&long);
        assert!(short.len() <= NAME_LIMIT && short.ends_with("_ambix_new"), "{short}");
        assert_eq!(meanwhile("ix"), "ix_ambix_new");
    }
}
