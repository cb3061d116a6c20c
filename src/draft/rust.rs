//! A schema as Rust: the models that would make it. It is pure.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::rust_names::{Idents, pascal, raw, snake};
use crate::{
    database::{Drafting, drafting::RustType},
    schema::{
        Column, DefaultValue, Deferral, EnumType, ForeignKey, Identity, IdentityKind, Index,
        IndexKey, IndexPart, Literal, Match, Name, Nulls, Options, ReferentialAction, Schema,
        Sequence, Table,
    },
};

/// Models, file by file.
#[derive(Debug, Clone, Default)]
pub(crate) struct RustModels {
    /// The enums, if there are any, and each table: the name of its module, and what is in that.
    pub(crate) modules: Vec<(String, String)>,
    /// What makes a list of them.
    pub(crate) list: String,
    /// The features that the types need.
    pub(crate) features: BTreeSet<&'static str>,
    /// What models cannot say, as lines.
    pub(crate) unsaid: Vec<String>,
}

/// The types of other crates, and the features that sqlx and ambix have for them.
const FEATURES: [(&str, &str); 7] = [
    ("bit_vec::", "bit-vec"),
    ("chrono::", "chrono"),
    ("ipnetwork::", "ipnetwork"),
    ("mac_address::", "mac_address"),
    ("rust_decimal::", "rust_decimal"),
    ("serde_json::", "json"),
    ("uuid::", "uuid"),
];

const DERIVES: &str =
    concat!("#[derive(Debug, Clone, PartialEq, ambix::Model, sqlx", "::FromRow)]\n");
const ENUM_DERIVES: &str =
    concat!("#[derive(Debug, Clone, Copy, PartialEq, Eq, ambix::Enum, sqlx", "::Type)]\n");

/// Writes the models of a schema.
pub(crate) fn models(schema: &Schema, drafting: &'static dyn Drafting) -> RustModels {
    let mut idents = Idents::default();
    let enums: BTreeMap<String, String> = schema
        .enums
        .iter()
        .map(|value| (value.name.to_string(), idents.unique(&pascal(&value.name.name))))
        .collect();
    let mut writer = Writer { schema, drafting, enums, models: RustModels::default() };
    for thing in schema.uncovered.iter().map(|thing| format!("{} {}", thing.kind, thing.name)) {
        writer.models.unsaid.push(thing);
    }
    let objects = schema.objects.iter().filter(|object| !object.is_property);
    for object in objects.map(|object| format!("{} {}", object.kind, object.name)) {
        writer.models.unsaid.push(object);
    }
    let mut modules = Idents::default();
    if !schema.enums.is_empty() {
        let text: Vec<String> =
            schema.enums.iter().map(|value| writer.enumeration(value)).collect();
        writer.models.modules.push((modules.unique("enums"), text.join("\n")));
    }
    let mut structs = Vec::new();
    for table in &schema.tables {
        if table.columns.is_empty() {
            writer.models.unsaid.push(format!("{}: the table, which has no columns", table.name));
            continue;
        }
        let name = idents.unique(&pascal(&table.name.name));
        let module = modules.unique(&snake(&table.name.name));
        let text = writer.table(table, &name);
        writer.models.modules.push((module.clone(), text));
        structs.push((module, name));
    }
    let enums = schema.enums.iter().filter_map(|value| writer.enums.get(&value.name.to_string()));
    let enums =
        enums.map(|name| format!("enum_type(<{name} as ambix::schema::Enum>::enum_type())"));
    let others: Vec<String> = schema.sequences.iter().map(sequence).chain(enums).collect();
    writer.models.list = list(&structs, &others);
    writer.models
}

fn list(structs: &[(String, String)], others: &[String]) -> String {
    let names: String = structs.iter().map(|(_, name)| format!("        {name},\n")).collect();
    let models = format!("ambix::models![\n{names}    ]");
    let body = match others {
        [] => models,
        others => {
            let others: String = others.iter().map(|call| format!("\n        .{call}")).collect();
            format!(
                "let others = ambix::schema::Schema::new(){others};\n    {models}.schema.and(others).into()"
            )
        }
    };
    format!(
        "/// All models, for `Migrator::models`.\npub fn all() -> ambix::schema::Models {{\n    {body}\n}}\n"
    )
}

/// A sequence that belongs to no column, as a call of the schema's builder.
fn sequence(sequence: &Sequence) -> String {
    let name = |name: &Name| match &name.schema {
        Some(schema) => format!("ambix::schema::Name::in_schema({schema:?}, {:?})", name.name),
        None => format!("{:?}", name.name),
    };
    let options = &sequence.options;
    let numbers = [
        ("start", options.start),
        ("increment", options.increment),
        ("minimum", options.minimum),
        ("maximum", options.maximum),
        ("cache", options.cache),
    ];
    let calls = numbers.into_iter().filter_map(|(name, n)| Some(format!(".{name}({})", n?)));
    let mut calls: String = calls.collect();
    if options.cycle {
        calls.push_str(".cycle()");
    }
    let mut said = format!("ambix::schema::SequenceOptions::default(){calls}");
    if let Some(ty) = &options.data_type {
        let ty = format!("options.data_type = Some({ty:?}.to_owned());");
        let lines = [format!("let mut options = {said};"), ty, "options".to_owned()];
        said = format!("{{\n            {}\n        }}", lines.join("\n            "));
    }
    let mut text =
        format!("ambix::schema::Sequence::new({}).options({said})", name(&sequence.name));
    if let Some(comment) = &sequence.comment {
        let _ = write!(text, ".comment({comment:?})");
    }
    if let Some((table, column)) = &sequence.owned_by {
        let _ = write!(text, ".owned_by({}, {column:?})", name(table));
    }
    format!("sequence({text})")
}

impl RustModels {
    fn head(&self) -> String {
        let mut text =
            String::from("//! The tables of a database, as `ambix models` writes them.\n");
        if !self.features.is_empty() {
            let features: Vec<&str> = self.features.iter().copied().collect();
            let _ = writeln!(
                text,
                "//!\n//! The types need these features of `sqlx` and `ambix`, and their crates: {}.",
                features.join(", ")
            );
        }
        if !self.unsaid.is_empty() {
            text.push_str("//!\n//! Not in the models:\n");
            for thing in &self.unsaid {
                let _ = writeln!(text, "//! - {}", one_line(thing));
            }
        }
        // Two indexes of a table may have the same column.
        text.push_str("\n#![allow(clippy::duplicated_attributes)]\n");
        text
    }

    /// All of it as one file.
    pub(crate) fn file(&self) -> String {
        let mut text = self.head();
        for (_, module) in &self.modules {
            text.push('\n');
            text.push_str(module);
        }
        text.push('\n');
        text.push_str(&self.list);
        text
    }

    /// A file for each, by their names, and the one that joins them.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut text = self.head();
        text.push('\n');
        for (name, _) in &self.modules {
            let _ = writeln!(text, "mod {name};");
        }
        text.push('\n');
        for (name, _) in &self.modules {
            let _ = writeln!(text, "pub use self::{name}::*;");
        }
        text.push('\n');
        text.push_str(&self.list);
        let mut files = vec![("mod.rs".to_owned(), text)];
        files.extend(self.modules.iter().map(|(name, text)| {
            let file = name.strip_prefix("r#").unwrap_or(name);
            // The enums are where the others are.
            (format!("{file}.rs"), format!("#[allow(unused_imports)]\nuse super::*;\n\n{text}"))
        }));
        files
    }
}

struct Writer<'a> {
    schema: &'a Schema,
    drafting: &'static dyn Drafting,
    /// The Rust names of enums.
    enums: BTreeMap<String, String>,
    models: RustModels,
}

impl Writer<'_> {
    fn enumeration(&mut self, value: &EnumType) -> String {
        let name = self.enums.get(&value.name.to_string()).cloned().unwrap_or_default();
        let mut text = format!(
            "{ENUM_DERIVES}#[sqlx(type_name = {:?})]\npub enum {name} {{\n",
            value.name.to_string()
        );
        let mut idents = Idents::default();
        for value in &value.values {
            let ident = idents.unique(&pascal(value));
            let _ = writeln!(text, "    #[sqlx(rename = {value:?})]\n    {ident},");
        }
        text.push_str("}\n");
        text
    }

    fn table(&mut self, table: &Table, name: &str) -> String {
        let mut idents = Idents::default();
        let fields: BTreeMap<&str, String> = table
            .columns
            .iter()
            .map(|column| (column.name.as_str(), idents.unique(&snake(&column.name))))
            .collect();
        let mut lines = vec![format!("table = {:?}", table.name.name)];
        lines.extend(table.name.schema.iter().map(|schema| format!("schema = {schema:?}")));
        lines.extend(table.comment.iter().map(|comment| format!("comment = {comment:?}")));
        let mut said = TableWriter { table, fields: &fields, lines, unsaid: Vec::new() };
        said.keys();
        said.rest();
        let TableWriter { lines, unsaid, .. } = said;
        let mut text = String::new();
        for thing in &unsaid {
            let _ = writeln!(text, "// Not in the model: {}", one_line(thing));
        }
        let of_table = |thing: String| format!("{}: {thing}", table.name);
        self.models.unsaid.extend(unsaid.into_iter().map(of_table));
        text.push_str(DERIVES);
        match lines.as_slice() {
            [one] => writeln!(text, "#[model({one})]"),
            many => writeln!(text, "#[model(\n    {},\n)]", many.join(",\n    ")),
        }
        .unwrap_or_default();
        let _ = writeln!(text, "pub struct {name} {{");
        for column in &table.columns {
            let field = fields.get(column.name.as_str()).map_or("", String::as_str);
            text.push_str(&self.field(table, column, field));
        }
        text.push_str("}\n");
        text
    }

    fn field(&mut self, table: &Table, column: &Column, field: &str) -> String {
        let mut text = String::new();
        let (rust, attribute) = match self.rust_type(column.ty.text()) {
            Some(found) => (found.name, found.attribute),
            None => {
                let ty = one_line(column.ty.text());
                let at = format!("{}.{}", table.name, column.name);
                if ty.is_empty() {
                    text.push_str("    // Not in the model: the column has no type.\n");
                    self.models.unsaid.push(format!("{at}: it has no type"));
                    ("Vec<u8>".to_owned(), None)
                } else {
                    let _ = writeln!(
                        text,
                        "    // sqlx has no Rust type for {ty}: read it as a text, cast in the query."
                    );
                    self.models.unsaid.push(format!("{at}: no Rust type reads {ty}"));
                    ("String".to_owned(), Some(format!("sql_type = {:?}", column.ty.text())))
                }
            }
        };
        let needed = FEATURES.iter().filter(|(path, _)| rust.contains(path));
        self.models.features.extend(needed.map(|(_, feature)| *feature));
        let key = table.primary_key.as_ref();
        let is_key = key.is_some_and(|key| key.columns.contains(&column.name));
        let is_nullable = column.nullable && !is_key && column.identity.is_none();
        let is_loose = column.nullable && is_key && column.identity.is_none();
        let mut parts: Vec<String> = attribute.into_iter().collect();
        let mut unsaid = Vec::new();
        column_parts(table, column, &mut parts, &mut unsaid);
        unsaid.extend(is_loose.then(|| "the key may be NULL".to_owned()));
        for thing in unsaid {
            let _ = writeln!(text, "    // Not in the model: {}", one_line(&thing));
            self.models.unsaid.push(format!("{}.{}: {thing}", table.name, column.name));
        }
        if !parts.is_empty() {
            let _ = writeln!(text, "    #[column({})]", parts.join(", "));
        }
        if field.strip_prefix("r#").unwrap_or(field) != column.name {
            let _ = writeln!(text, "    #[sqlx(rename = {:?})]", column.name);
        }
        let rust = if is_nullable { format!("Option<{rust}>") } else { rust };
        let _ = writeln!(text, "    pub {field}: {rust},");
        text
    }

    fn rust_type(&self, ty: &str) -> Option<RustType> {
        if let Some(found) = self.drafting.rust_type(ty) {
            return Some(found);
        }
        let sql_type = Some(format!("sql_type = {ty:?}"));
        if let Some(element) = ty.strip_suffix("[]") {
            let inner = self.rust_type(element)?;
            let attribute = inner.attribute.and(sql_type);
            return Some(RustType { name: format!("Vec<{}>", inner.name), attribute });
        }
        let name = plain(ty);
        if let Some(rust) = self.enums.get(&name) {
            return Some(RustType { name: rust.clone(), attribute: None });
        }
        // A domain is read as what it is a domain of.
        let is_it = |kind: &str, own: &str| kind == "domain" && plain(own) == name;
        let domain = self.schema.objects.iter().find(|object| is_it(&object.kind, &object.name))?;
        let (_, base) = domain.head.split_once(" AS ")?;
        let base = base.split(" COLLATE ").next().unwrap_or(base);
        Some(RustType { name: self.rust_type(base)?.name, attribute: sql_type })
    }
}

/// What the attribute of a field says beside the type.
fn column_parts(table: &Table, column: &Column, parts: &mut Vec<String>, unsaid: &mut Vec<String>) {
    let numbered = table.columns.iter().find(|column| column.identity.is_some());
    if let Some(identity) = &column.identity {
        match numbered.is_some_and(|first| first.name == column.name) {
            true => parts.push(numbering(identity)),
            false => unsaid.push("the numbers of a second column".to_owned()),
        }
        let usual = format!("{}_{}_seq", table.name.name, column.name);
        let is_usual = |name: &&Name| name.name == usual && name.schema == table.name.schema;
        if let Some(sequence) = identity.sequence_name.as_ref().filter(|name| !is_usual(name)) {
            unsaid.push(format!("the name {sequence} of the sequence"));
        }
    }
    match &column.default {
        Some(DefaultValue::Sql(sql)) => parts.push(format!("default_sql = {sql:?}")),
        Some(DefaultValue::Literal(Literal::Text(text))) => {
            parts.push(format!("default = {text:?}"))
        }
        Some(DefaultValue::Literal(Literal::Integer(n))) => parts.push(format!("default = {n}")),
        Some(DefaultValue::Literal(Literal::Float(n))) => parts.push(format!("default = {n:?}")),
        Some(DefaultValue::Literal(Literal::Boolean(b))) => parts.push(format!("default = {b}")),
        None => {}
    }
    if let Some(generated) = &column.generated {
        parts.push(match generated.stored {
            true => format!("generated = {:?}", generated.expression),
            false => format!("generated({:?}, virtual)", generated.expression),
        });
    }
    parts.extend(column.collation.iter().map(|collation| format!("collation = {collation:?}")));
    parts.extend(column.comment.iter().map(|comment| format!("comment = {comment:?}")));
    parts.extend(options(&column.options, unsaid));
}

fn numbering(identity: &Identity) -> String {
    let sequence = &identity.sequence;
    let numbers = [
        ("start", sequence.start),
        ("increment", sequence.increment),
        ("min", sequence.minimum),
        ("max", sequence.maximum),
        ("cache", sequence.cache),
    ];
    let mut parts: Vec<String> = Vec::new();
    match identity.kind {
        IdentityKind::Auto => return "auto_increment".to_owned(),
        IdentityKind::Serial => return "serial".to_owned(),
        IdentityKind::Always => parts.push("always".to_owned()),
        IdentityKind::ByDefault => {}
    }
    let number = |(name, value): (&str, Option<i64>)| Some(format!("{name} = {}", value?));
    parts.extend(numbers.into_iter().filter_map(number));
    parts.extend(sequence.cycle.then(|| "cycle".to_owned()));
    if parts.is_empty() { "identity".to_owned() } else { format!("identity({})", parts.join(", ")) }
}

/// `option(strict = "true", fillfactor = "70")`
fn options(options: &Options, unsaid: &mut Vec<String>) -> Option<String> {
    let is_ident = |name: &str| {
        let mut signs = name.chars();
        signs.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && signs.all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let mut said = Vec::new();
    for (name, value) in options {
        if is_ident(name) {
            said.push(format!("{} = {value:?}", raw(name)));
        } else {
            unsaid.push(format!("the option {name} = {value}"));
        }
    }
    (!said.is_empty()).then(|| format!("option({})", said.join(", ")))
}

/// What the attribute of a struct says.
struct TableWriter<'a> {
    table: &'a Table,
    fields: &'a BTreeMap<&'a str, String>,
    lines: Vec<String>,
    unsaid: Vec<String>,
}

impl TableWriter<'_> {
    fn columns<'c>(&self, columns: impl IntoIterator<Item = &'c String>) -> String {
        let field = |column: &'c String| self.field(column);
        columns.into_iter().map(field).collect::<Vec<_>>().join(", ")
    }

    fn field(&self, column: &str) -> String {
        self.fields.get(column).cloned().unwrap_or_else(|| format!("{column:?}"))
    }

    fn keys(&mut self) {
        let table = self.table;
        if let Some(key) = &table.primary_key {
            let mut parts = named(key.name.as_ref());
            parts.push(format!("columns({})", self.columns(&key.columns)));
            parts.extend(self.include(&key.include));
            parts.extend(deferral(key.deferral));
            parts.extend(options(&key.options, &mut self.unsaid));
            self.lines.push(format!("primary_key({})", parts.join(", ")));
        }
        for unique in &table.uniques {
            let mut parts = named(unique.name.as_ref());
            parts.push(format!("columns({})", self.columns(&unique.columns)));
            parts.extend(self.include(&unique.include));
            parts.extend(unique.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned()));
            parts.extend(deferral(unique.deferral));
            parts.extend(options(&unique.options, &mut self.unsaid));
            self.lines.push(format!("unique({})", parts.join(", ")));
        }
        for key in &table.foreign_keys {
            match self.foreign_key(key) {
                Some(line) => self.lines.push(line),
                None => {
                    let name = key.name.clone().unwrap_or_default();
                    self.unsaid.push(format!("the foreign key {name} to {}", key.references));
                }
            }
        }
    }

    fn foreign_key(&self, key: &ForeignKey) -> Option<String> {
        let Name { schema, name } = &key.references;
        let is_plain = |name: &str| !name.contains(['.', '(', ')']);
        if !key.validated || !is_plain(name) || !schema.as_deref().is_none_or(is_plain) {
            return None;
        }
        let mut parts = named(key.name.as_ref());
        parts.push(format!("columns({})", self.columns(&key.columns)));
        let referenced = key.referenced.iter().map(|column| format!(", {column:?}"));
        let referenced: String = referenced.collect();
        parts.push(format!("references({:?}{referenced})", key.references.to_string()));
        parts.extend(action("on_delete", key.on_delete));
        parts.extend(action("on_update", key.on_update));
        if !key.on_delete_columns.is_empty() {
            parts.push(format!("on_delete_columns({})", self.columns(&key.on_delete_columns)));
        }
        match key.matching {
            Match::Simple => {}
            Match::Full => parts.push("match = \"full\"".to_owned()),
            Match::Partial => parts.push("match = \"partial\"".to_owned()),
        }
        parts.extend(deferral(key.deferral));
        Some(format!("foreign_key({})", parts.join(", ")))
    }

    fn include(&self, columns: &[String]) -> Option<String> {
        (!columns.is_empty()).then(|| format!("include({})", self.columns(columns)))
    }

    fn rest(&mut self) {
        let table = self.table;
        for check in &table.checks {
            if !check.validated {
                let name = check.name.clone().unwrap_or_default();
                self.unsaid.push(format!("the check {name} that is not validated"));
                continue;
            }
            let mut parts = named(check.name.as_ref());
            parts.push(format!("expr = {:?}", check.expression));
            parts.extend(check.no_inherit.then(|| "no_inherit".to_owned()));
            parts.extend((!check.enforced).then(|| "not_enforced".to_owned()));
            self.lines.push(format!("check({})", parts.join(", ")));
        }
        for exclusion in &table.exclusions {
            let mut parts = named(exclusion.name.as_ref());
            parts.push(format!("definition = {:?}", exclusion.definition));
            self.lines.push(format!("exclude({})", parts.join(", ")));
        }
        for index in &table.indexes {
            let line = self.index(index);
            self.lines.push(line);
        }
        let options = options(&table.options, &mut self.unsaid);
        self.lines.extend(options);
    }

    fn index(&mut self, index: &Index) -> String {
        let mut parts = named(index.name.as_ref());
        parts.extend(index.unique.then(|| "unique".to_owned()));
        parts.extend(index.method.iter().map(|method| format!("method = {method:?}")));
        let columns: Vec<String> = index.parts.iter().map(|part| self.part(part)).collect();
        parts.push(format!("columns({})", columns.join(", ")));
        parts.extend(self.include(&index.include));
        parts.extend(index.predicate.iter().map(|predicate| format!("where = {predicate:?}")));
        parts.extend(index.nulls_not_distinct.then(|| "nulls_not_distinct".to_owned()));
        parts.extend(index.comment.iter().map(|comment| format!("comment = {comment:?}")));
        parts.extend(options(&index.options, &mut self.unsaid));
        format!("index({})", parts.join(", "))
    }

    fn part(&self, part: &IndexPart) -> String {
        let mut words = Vec::new();
        words.extend(part.descending.then(|| "desc".to_owned()));
        words.extend(part.nulls.map(|nulls| match nulls {
            Nulls::First => "nulls = \"first\"".to_owned(),
            Nulls::Last => "nulls = \"last\"".to_owned(),
        }));
        words.extend(part.collation.iter().map(|collation| format!("collation = {collation:?}")));
        words.extend(part.operator_class.iter().map(|class| format!("ops = {class:?}")));
        words.extend(part.length.map(|length| format!("length = {length}")));
        let words: String = words.iter().map(|word| format!(", {word}")).collect();
        match &part.key {
            IndexKey::Column(column) if words.is_empty() => self.field(column),
            IndexKey::Column(column) => format!("column({}{words})", self.field(column)),
            IndexKey::Expression(expression) => format!("expr({expression:?}{words})"),
        }
    }
}

fn named(name: Option<&String>) -> Vec<String> {
    name.map(|name| format!("name = {name:?}")).into_iter().collect()
}

fn deferral(deferral: Deferral) -> Option<String> {
    match deferral {
        Deferral::No => None,
        Deferral::Immediate => Some("deferrable".to_owned()),
        Deferral::Deferred => Some("deferred".to_owned()),
    }
}

fn action(name: &str, action: ReferentialAction) -> Option<String> {
    let word = match action {
        ReferentialAction::NoAction => return None,
        ReferentialAction::Restrict => "restrict",
        ReferentialAction::Cascade => "cascade",
        ReferentialAction::SetNull => "set null",
        ReferentialAction::SetDefault => "set default",
    };
    Some(format!("{name} = {word:?}"))
}

/// A name without the quotes that SQL puts around it.
fn plain(sql: &str) -> String {
    sql.replace("\"\"", "\u{1f}").replace('"', "").replace('\u{1f}', "\"")
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
