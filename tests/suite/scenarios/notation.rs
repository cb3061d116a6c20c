//! The notation of the scenarios, read as schemas: `t{id int PK, x str(50) NN DEFAULT 'x', UQ[name](x), IX[name](x DESC)}`.

use ambix::schema::{
    Check, Column, Deferral, EnumType, ForeignKey, Index, IndexPart, Name, Nulls,
    ReferentialAction, Schema, Table, Type, Unique,
};

/// One schema of several texts; a table that stands in two of them has what both say.
pub fn schema(texts: &[&str]) -> Schema {
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for text in texts {
        for (name, items) in tables_of(text) {
            match tables.iter_mut().find(|(known, _)| *known == name) {
                Some((_, all)) => all.extend(items),
                None => tables.push((name, items)),
            }
        }
    }
    tables
        .into_iter()
        .fold(Schema::new(), |schema, (name, items)| schema.table(table(&name, &items)))
}

fn tables_of(text: &str) -> Vec<(String, Vec<String>)> {
    let mut all = Vec::new();
    let mut rest = text.trim();
    while let Some((name, after)) = rest.split_once('{') {
        let end = closing(after, '}');
        let items = split(&after[..end], ',');
        all.push((name.trim().to_owned(), items));
        rest = after[end + 1..].trim_start();
    }
    all
}

/// Where the text ends that an opening sign has begun.
fn closing(text: &str, close: char) -> usize {
    let (mut depth, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            c if c == close && depth == 0 => return at,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
    }
    panic!("{text}: {close} is missing")
}

/// The parts between a sign that stands in no parentheses and quotes.
fn split(text: &str, sign: char) -> Vec<String> {
    let (mut depth, mut quoted, mut parts) = (0, false, vec![String::new()]);
    for c in text.chars() {
        match c {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth -= 1,
            _ => {}
        }
        if c == sign && depth == 0 && !quoted {
            parts.push(String::new());
        } else {
            parts.last_mut().unwrap().push(c);
        }
    }
    parts.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

fn table(name: &str, items: &[String]) -> Table {
    let mut table = Table::new(name_of(name));
    let mut keys = Vec::new();
    for item in items {
        let kind: String = item.chars().take_while(|c| *c != '[').collect();
        table = match kind.as_str() {
            "UQ" => table.with_unique(unique(item)),
            "FK" => table.foreign_key(foreign_key(item)),
            "CK" => {
                let (name, inner, _) = named(item);
                table.check(naming(Check::new(inner), &name, Check::named))
            }
            "IX" => table.with_index(index(item)),
            "UIX" => table.with_index(index(item).unique()),
            _ => match item.strip_prefix("CMT=") {
                Some(comment) => table.comment(text(comment)),
                None => add_column(table, item, &mut keys),
            },
        };
    }
    if keys.is_empty() { table } else { table.primary_key(keys) }
}

fn name_of(text: &str) -> Name {
    match text.split_once('.') {
        Some((schema, name)) => Name::in_schema(schema, name),
        None => Name::new(text),
    }
}

/// `UQ[name](inner) rest`.
fn named(item: &str) -> (String, String, String) {
    let (_, after) = item.split_once('[').unwrap();
    let (name, after) = after.split_once(']').unwrap();
    let after = after.strip_prefix('(').unwrap();
    let end = closing(after, ')');
    (name.to_owned(), after[..end].to_owned(), after[end + 1..].trim().to_owned())
}

fn naming<T>(part: T, name: &str, set: fn(T, &'static str) -> T) -> T {
    if name.is_empty() { part } else { set(part, name.to_owned().leak()) }
}

fn unique(item: &str) -> Unique {
    let (name, inner, rest) = named(item);
    let mut unique = naming(Unique::new(split(&inner, ',')), &name, Unique::named);
    if rest.contains("nulls_not_distinct=True") {
        unique = unique.nulls_not_distinct();
    }
    unique.deferral(deferral(&rest))
}

fn deferral(rest: &str) -> Deferral {
    if rest.contains("initially=deferred") {
        Deferral::Deferred
    } else if rest.contains("deferrable=True") {
        Deferral::Immediate
    } else {
        Deferral::No
    }
}

fn foreign_key(item: &str) -> ForeignKey {
    let (name, inner, rest) = named(item);
    let after = rest.strip_prefix("->(").unwrap();
    let end = closing(after, ')');
    let targets = split(&after[..end], ',');
    let (table, _) = targets[0].rsplit_once('.').unwrap();
    let referenced = targets.iter().map(|target| target.rsplit_once('.').unwrap().1.to_owned());
    let key = ForeignKey::new(split(&inner, ','), name_of(table), referenced);
    let options = &after[end + 1..].to_lowercase();
    let action = |option: &str| {
        let given = options.split_once(&format!("{option}=")).map_or("", |(_, value)| value);
        match given {
            g if g.starts_with("cascade") => ReferentialAction::Cascade,
            g if g.starts_with("restrict") => ReferentialAction::Restrict,
            g if g.starts_with("set null") => ReferentialAction::SetNull,
            g if g.starts_with("set default") => ReferentialAction::SetDefault,
            _ => ReferentialAction::NoAction,
        }
    };
    naming(key, &name, ForeignKey::named)
        .on_delete(action("ondelete"))
        .on_update(action("onupdate"))
        .deferral(deferral(&after[end + 1..]))
}

fn index(item: &str) -> Index {
    let (name, inner, rest) = named(item);
    let mut index = Index::on(split(&inner, ',').iter().map(|part| index_part(part)));
    if let Some((_, method)) = rest.split_once("using=") {
        index = index.method(method.split(' ').next().unwrap());
    }
    if let Some((_, predicate)) = rest.split_once("where=") {
        index = index.only_where(predicate);
    }
    if rest.contains("nulls_not_distinct=True") {
        index = index.nulls_not_distinct();
    }
    naming(index, &name, Index::named)
}

fn index_part(text: &str) -> IndexPart {
    let mut key = text.to_owned();
    let (mut descending, mut nulls, mut class) = (false, None, None);
    if let Some((before, after)) = key.clone().split_once(" OPS=") {
        class = Some(after.to_owned());
        key = before.to_owned();
    }
    for (word, place) in [(" NULLS FIRST", Nulls::First), (" NULLS LAST", Nulls::Last)] {
        if let Some(before) = key.strip_suffix(word) {
            nulls = Some(place);
            key = before.to_owned();
        }
    }
    if let Some(before) = key.strip_suffix(" DESC") {
        descending = true;
        key = before.to_owned();
    }
    if let Some(before) = key.strip_suffix(" ASC") {
        key = before.to_owned();
    }
    let is_name = key.chars().all(|c| c.is_alphanumeric() || c == '_');
    let mut part = if is_name { IndexPart::column(key) } else { IndexPart::expression(key) };
    if descending {
        part = part.descending();
    }
    if let Some(nulls) = nulls {
        part = part.nulls(nulls);
    }
    match class {
        Some(class) => part.operator_class(class),
        None => part,
    }
}

fn add_column(table: Table, item: &str, keys: &mut Vec<String>) -> Table {
    let words = split(item, ' ');
    let mut column = Column::new(words[0].clone(), type_of(&words[1]));
    let mut table = table;
    let mut at = 2;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "PK" => {
                keys.push(words[0].clone());
                column = column.not_null();
            }
            "NN" => column = column.not_null(),
            "AUTO" => column = column.auto_increment(),
            "DEFAULT" => {
                at += 1;
                // The value is what is left: an expression has blanks.
                let value = words[at..].join(" ");
                let value = value.split(" CMT=").next().unwrap().to_owned();
                column = match value.strip_prefix('\'').and_then(|v| v.strip_suffix('\'')) {
                    Some(text) => column.default(text.replace("''", "'")),
                    None => column.default_sql(value.clone()),
                };
                at += value.split(' ').count() - 1;
            }
            word if word.starts_with("CMT=") => column = column.comment(text(&word[4..])),
            word if word.starts_with("COMPUTED(") => {
                let inner = &word["COMPUTED(".len()..word.len() - 1];
                column = column.generated(inner);
            }
            word if word.starts_with("VIRTUAL(") => {
                let inner = &word["VIRTUAL(".len()..word.len() - 1];
                column = column.generated_virtual(inner);
            }
            word if word.starts_with("CK[") => {
                let (name, inner, _) = named(word);
                let check = Check::new(inner).of_column(words[0].clone());
                table = table.check(naming(check, &name, Check::named));
            }
            word => panic!("{item}: {word} is not known"),
        }
        at += 1;
    }
    table.column(column)
}

fn text(quoted: &str) -> String {
    quoted.trim_matches('\'').replace("''", "'")
}

fn type_of(word: &str) -> Type {
    let (name, inner) = match word.split_once('(') {
        Some((name, inner)) => (name, inner.trim_end_matches(')')),
        None => (word, ""),
    };
    if name == "Enum" {
        return enum_type(inner).into();
    }
    let numbers: Vec<u32> = inner.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    match (name, numbers.as_slice()) {
        ("int", _) => Type::Integer,
        ("bigint", _) => Type::BigInt,
        ("smallint", _) => Type::SmallInt,
        ("bool", _) => Type::Boolean,
        ("str", [length]) => Type::Varchar(*length),
        ("str" | "Text", _) => Type::Text,
        ("CHAR", [length]) => Type::Char(*length),
        ("CHAR", _) => Type::Char(1),
        ("num", [precision, scale]) => Type::Decimal(Some((*precision, *scale))),
        ("num", _) => Type::Decimal(None),
        ("Float", _) => Type::Double,
        ("Real", _) => Type::Real,
        ("DATE", _) => Type::Date,
        ("DateTime", _) => Type::Timestamp,
        ("DateTimeTz", _) => Type::TimestampTz,
        ("LargeBinary", _) => Type::Bytes,
        ("JSON", _) => Type::Json,
        ("UUID", _) => Type::Uuid,
        ("INTERVAL", _) => Type::Interval,
        _ => Type::sql(word),
    }
}

/// `'a','b',name=kind`.
fn enum_type(inner: &str) -> EnumType {
    let (names, values): (Vec<String>, Vec<String>) =
        split(inner, ',').into_iter().partition(|part| part.starts_with("name="));
    let name = names.first().map_or("", |name| &name["name=".len()..]);
    EnumType::new(name, values.iter().map(|value| text(value)))
}
