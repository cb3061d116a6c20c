//! A change as a line for people, in lower case and the present: `add column users.full_name varchar(50) not null`.

use std::fmt;

use super::{Change, Commented, ConstraintKind};
use crate::schema::{
    Column, DefaultValue, EnumType, ForeignKey, Index, IndexKey, Literal, Name, Options, Type,
};

impl fmt::Display for Change {
    #[allow(clippy::too_many_lines)] // A table: one line for each kind.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use Change as C;
        match self {
            C::CreateSchema(name) => write!(f, "create schema {name}"),
            C::DropSchema(name) => write!(f, "drop schema {name}"),
            C::CreateEnum(value) => {
                write!(f, "create type {} ({})", value.name, value.values.join(", "))
            }
            C::DropEnum(value) => write!(f, "drop type {}", value.name),
            C::RenameEnum { from, to } => write!(f, "rename type {from} to {to}"),
            C::AlterEnum { from, to, renamed, .. } => alter_enum(f, from, to, renamed),
            C::CreateSequence(sequence) => write!(f, "create sequence {}", sequence.name),
            C::DropSequence(sequence) => write!(f, "drop sequence {}", sequence.name),
            C::AlterSequence { from, to } => {
                write!(f, "alter sequence {}", to.name)?;
                match &to.owned_by {
                    owner if *owner == from.owned_by => Ok(()),
                    Some((table, column)) => write!(f, ": owned by {table}.{column}"),
                    None => write!(f, ": owned by no column"),
                }
            }
            C::CreateTable(table) => write!(f, "create table {}", table.name),
            C::DropTable(table) => write!(f, "drop table {}", table.name),
            C::RenameTable { from, to } => write!(f, "rename table {from} to {to}"),
            C::AlterOptions { table, from, to } => options(f, table, from, to),
            C::Attach { table, parent, bound: Some(bound) } => {
                write!(f, "attach partition {table} to {parent}: {}", line(bound))
            }
            C::Attach { table, parent, bound: None } => write!(f, "let {table} inherit {parent}"),
            C::Detach { table, parent, bound: Some(_) } => {
                write!(f, "detach partition {table} from {parent}")
            }
            C::Detach { table, parent, bound: None } => {
                write!(f, "let {table} no longer inherit {parent}")
            }
            C::Join { own, .. } => write!(f, "{} becomes a part of its parent's", part(own)),
            C::GoAlong { own } => write!(f, "{} goes with its parent's", part(own)),
            C::AddColumn { table, column, .. } => {
                write!(f, "add column {table}.{}{}", column.name, about(column))
            }
            C::DropColumn { table, column, .. } => write!(f, "drop column {table}.{}", column.name),
            C::RenameColumn { table, from, to } => {
                write!(f, "rename column {table}.{from} to {to}")
            }
            C::AlterColumn { table, from, to, renamed_values, .. } => {
                write!(f, "alter column {table}.{}", to.name)?;
                alter_column(f, from, to, renamed_values)
            }
            C::AddPrimaryKey { table, key } => {
                write!(f, "add primary key of {table} ({})", key.columns.join(", "))
            }
            C::DropPrimaryKey { table, key } => {
                write!(f, "drop primary key of {table} ({})", key.columns.join(", "))
            }
            C::AddUnique { table, unique } => named(f, "add unique constraint", &unique.name)
                .and_then(|()| write!(f, "on {table} ({})", unique.columns.join(", "))),
            C::DropUnique { table, unique } => named(f, "drop unique constraint", &unique.name)
                .and_then(|()| write!(f, "on {table} ({})", unique.columns.join(", "))),
            C::AddForeignKey { table, key } => {
                named(f, "add foreign key", &key.name).and_then(|()| foreign_key(f, table, key))
            }
            C::DropForeignKey { table, key } => {
                named(f, "drop foreign key", &key.name).and_then(|()| foreign_key(f, table, key))
            }
            C::AddCheck { table, check } => named(f, "add check", &check.name)
                .and_then(|()| write!(f, "on {table} ({})", line(&check.expression))),
            C::DropCheck { table, check } => named(f, "drop check", &check.name)
                .and_then(|()| write!(f, "on {table} ({})", line(&check.expression))),
            C::AddExclusion { table, exclusion } => {
                named(f, "add exclusion constraint", &exclusion.name)
                    .and_then(|()| write!(f, "on {table}"))
            }
            C::DropExclusion { table, exclusion } => {
                named(f, "drop exclusion constraint", &exclusion.name)
                    .and_then(|()| write!(f, "on {table}"))
            }
            C::RenameConstraint { table, kind, from, to } => {
                write!(f, "rename {kind} {from} on {table} to {to}")
            }
            C::AddIndex { table, index } => index_line(f, "add", table, index),
            C::DropIndex { table, index } => index_line(f, "drop", table, index),
            C::RenameIndex { table, from, to } => {
                write!(f, "rename index {from} on {table} to {to}")
            }
            C::CreateObject(object) => write!(f, "create {} {}", object.kind, object.name),
            C::DropObject { object, .. } => write!(f, "drop {} {}", object.kind, object.name),
            C::AlterObject { to, .. } => write!(f, "alter {} {}", to.kind, to.name),
            C::Comment { on, to, .. } => match to {
                Some(to) => write!(f, "comment on {on}: {}", line(to)),
                None => write!(f, "remove the comment on {on}"),
            },
        }
    }
}

impl fmt::Display for ConstraintKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PrimaryKey => "primary key",
            Self::Unique => "unique constraint",
            Self::ForeignKey => "foreign key",
            Self::Check => "check",
            Self::Exclusion => "exclusion constraint",
        })
    }
}

fn named(f: &mut fmt::Formatter<'_>, what: &str, name: &Option<String>) -> fmt::Result {
    match name {
        Some(name) => write!(f, "{what} {name} "),
        None => write!(f, "{what} "),
    }
}

/// What is dropped or added.
fn part(change: &Change) -> String {
    let line = change.to_string();
    line.split_once(' ').map_or(line.clone(), |(_, part)| part.to_owned())
}

/// A text on one line.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for Commented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(name) => write!(f, "schema {name}"),
            Self::Type(name) => write!(f, "type {name}"),
            Self::Table(name) => write!(f, "table {name}"),
            Self::Index { name, .. } => write!(f, "index {name}"),
            Self::Constraint { table, kind, name: Some(name) } => {
                write!(f, "{kind} {name} on {table}")
            }
            Self::Constraint { table, kind, name: None } => write!(f, "{kind} of {table}"),
        }
    }
}

fn foreign_key(f: &mut fmt::Formatter<'_>, table: &Name, key: &ForeignKey) -> fmt::Result {
    let (columns, referenced) = (key.columns.join(", "), key.referenced.join(", "));
    write!(f, "on {table} ({columns}) -> {} ({referenced})", key.references)
}

fn index_line(f: &mut fmt::Formatter<'_>, verb: &str, table: &Name, index: &Index) -> fmt::Result {
    let unique = if index.unique { "unique index" } else { "index" };
    named(f, &format!("{verb} {unique}"), &index.name)?;
    let part = |part: &crate::schema::IndexPart| match &part.key {
        IndexKey::Column(name) => name.clone(),
        IndexKey::Expression(expression) => line(expression),
    };
    let parts: Vec<String> = index.parts.iter().map(part).collect();
    write!(f, "on {table} ({})", parts.join(", "))
}

fn alter_enum(
    f: &mut fmt::Formatter<'_>,
    from: &EnumType,
    to: &EnumType,
    renamed: &[(String, String)],
) -> fmt::Result {
    let mut said: Vec<String> =
        renamed.iter().map(|(old, new)| format!("{old} is now {new}")).collect();
    let is_new = |value: &&String| {
        !from.values.contains(value) && !renamed.iter().any(|(_, new)| new == *value)
    };
    let is_gone = |value: &&String| {
        !to.values.contains(value) && !renamed.iter().any(|(old, _)| old == *value)
    };
    said.extend(to.values.iter().filter(is_new).map(|value| format!("add {value}")));
    said.extend(from.values.iter().filter(is_gone).map(|value| format!("remove {value}")));
    if said.is_empty() {
        said.push(format!("order {}", to.values.join(", ")));
    }
    write!(f, "alter type {}: {}", to.name, said.join(", "))
}

fn options(f: &mut fmt::Formatter<'_>, table: &Name, from: &Options, to: &Options) -> fmt::Result {
    let mut said: Vec<String> = Vec::new();
    for (name, value) in to.iter().filter(|(name, value)| from.get(*name) != Some(value)) {
        said.push(format!("{name} = {value}"));
    }
    said.extend(from.keys().filter(|name| !to.contains_key(*name)).map(|n| format!("no {n}")));
    write!(f, "alter table {table}: {}", said.join(", "))
}

/// The type and what else is worth a word.
fn about(column: &Column) -> String {
    let mut about = match type_text(&column.ty) {
        text if text.is_empty() => String::new(),
        text => format!(" {text}"),
    };
    if !column.nullable {
        about.push_str(" not null");
    }
    if let Some(default) = &column.default {
        about.push_str(&format!(" default {}", default_text(default)));
    }
    if let Some(generated) = &column.generated {
        about.push_str(&format!(" generated as ({})", line(&generated.expression)));
    }
    about
}

fn type_text(ty: &Type) -> String {
    match ty {
        Type::Sql(sql) => sql.text.clone(),
        Type::Enum(value) => value.name.to_string(),
        Type::Varchar(length) => format!("varchar({length})"),
        Type::Char(length) => format!("char({length})"),
        Type::Decimal(Some((precision, scale))) => format!("decimal({precision}, {scale})"),
        Type::Array(element) => format!("{}[]", type_text(element)),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn default_text(default: &DefaultValue) -> String {
    match default {
        DefaultValue::Sql(sql) => line(sql),
        DefaultValue::Literal(Literal::Text(text)) => format!("{text:?}"),
        DefaultValue::Literal(Literal::Integer(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Float(value)) => value.to_string(),
        DefaultValue::Literal(Literal::Boolean(value)) => value.to_string(),
    }
}

/// What is another than before, each with both sides.
fn alter_column(
    f: &mut fmt::Formatter<'_>,
    from: &Column,
    to: &Column,
    renamed_values: &[(String, String)],
) -> fmt::Result {
    let none = || "none".to_owned();
    let mut said: Vec<String> = Vec::new();
    if from.ty != to.ty {
        said.push(format!("type {} -> {}", type_text(&from.ty), type_text(&to.ty)));
    }
    said.extend(renamed_values.iter().map(|(old, new)| format!("value {old} is now {new}")));
    if from.nullable != to.nullable {
        said.push(if to.nullable { "drop not null" } else { "not null" }.to_owned());
    }
    if from.default != to.default {
        let text = |column: &Column| column.default.as_ref().map_or_else(none, default_text);
        said.push(format!("default {} -> {}", text(from), text(to)));
    }
    if from.identity != to.identity {
        said.push(match (&from.identity, &to.identity) {
            (None, _) => "numbered by the database".to_owned(),
            (_, None) => "no longer numbered by the database".to_owned(),
            (Some(is), Some(should))
                if is.kind == should.kind && is.sequence == should.sequence =>
            {
                match &should.comment {
                    Some(comment) => format!("comment on its sequence {:?}", line(comment)),
                    None => "no comment on its sequence".to_owned(),
                }
            }
            _ => "numbered in another way".to_owned(),
        });
    }
    if from.generated != to.generated {
        let text = |column: &Column| {
            column.generated.as_ref().map_or_else(none, |g| format!("({})", line(&g.expression)))
        };
        said.push(format!("generated as {} -> {}", text(from), text(to)));
    }
    if from.collation != to.collation {
        let text =
            |column: &Column| column.collation.clone().unwrap_or_else(|| "default".to_owned());
        said.push(format!("collation {} -> {}", text(from), text(to)));
    }
    if from.comment != to.comment {
        said.push(match &to.comment {
            Some(comment) => format!("comment {:?}", line(comment)),
            None => "no comment".to_owned(),
        });
    }
    for name in
        from.options.keys().chain(to.options.keys().filter(|n| !from.options.contains_key(*n)))
    {
        let (before, after) = (from.options.get(name), to.options.get(name));
        if before != after {
            let text = |value: Option<&String>| value.cloned().unwrap_or_else(none);
            said.push(format!("{name} {} -> {}", text(before), text(after)));
        }
    }
    if said.is_empty() { Ok(()) } else { write!(f, ": {}", said.join(", ")) }
}
