//! CREATE TABLE and ALTER TABLE.

use super::{
    AlterTable, AskedDdl, ConstraintText, CreateTable, DemandKind, NewStorage, TableAction,
    column::{charset, column, column_of, option, read_type},
    tokens::TokenReader,
};

/// The rest of CREATE TABLE, from IF NOT EXISTS on.
pub(super) fn create_table(
    mut reader: TokenReader<'_, '_>,
    temporary: bool,
    or_replace: bool,
) -> Option<CreateTable> {
    let if_not_exists = reader.words("IF NOT EXISTS");
    let name = reader.name()?;
    let mut table = CreateTable {
        name,
        temporary,
        or_replace,
        if_not_exists,
        columns: Vec::new(),
        constraints: Vec::new(),
        is_partial: false,
        options: String::new(),
        charset: None,
        engine: None,
        is_partitioned: false,
        partition_of: None,
    };
    match reader.any(&["PARTITION OF", "OF", "LIKE"]) {
        Some("PARTITION OF") => (table.is_partial, table.partition_of) = (true, reader.name()),
        Some(_) => table.is_partial = true,
        None => {}
    }
    if !table.is_partial
        && let Some(inner) = reader.parentheses()
    {
        for part in inner.parts() {
            if let Some(constraint) = constraint(part) {
                table.constraints.push(constraint);
            } else if part.is_at(&["LIKE"]) {
                table.is_partial = true;
            } else if !part.is_at(&["INDEX", "KEY", "FULLTEXT", "SPATIAL", "PERIOD"]) {
                table.columns.extend(column(part));
            }
        }
    }
    // CREATE TABLE t AS SELECT, LIKE and others have their columns elsewhere.
    table.is_partial |= table.columns.is_empty() || reader.has("SELECT") || reader.has("INHERITS");
    table.options = reader.written().to_owned();
    table.is_partitioned = reader.has("PARTITION BY");
    while !reader.is_empty() {
        if let Some(name) = charset(&mut reader) {
            table.charset = Some(name);
        } else if let Some(name) = option(&mut reader, &["ENGINE"]) {
            table.engine = Some(name);
        } else {
            reader.next();
        }
    }
    Some(table)
}

/// A constraint of a table, if this is one.
pub(super) fn constraint(mut reader: TokenReader<'_, '_>) -> Option<ConstraintText> {
    let text = reader.written().to_owned();
    let mut name = None;
    if reader.words("CONSTRAINT") {
        let kinds = ["PRIMARY", "UNIQUE", "FOREIGN", "CHECK", "EXCLUDE"];
        if !reader.is_at(&kinds) {
            name = reader.name();
        }
    }
    let kind = match reader.any(&["PRIMARY KEY", "UNIQUE", "FOREIGN KEY", "CHECK", "EXCLUDE"])? {
        "PRIMARY KEY" => DemandKind::PrimaryKey,
        "UNIQUE" => DemandKind::Unique,
        "FOREIGN KEY" => DemandKind::ForeignKey,
        "CHECK" => DemandKind::Check,
        _ => DemandKind::Exclude,
    };
    let mut found = ConstraintText {
        name,
        kind,
        columns: Vec::new(),
        references: None,
        referenced: Vec::new(),
        expression: None,
        nulls_are_equal: false,
        not_valid: reader.has("NOT VALID"),
        using_index: reader.words("USING INDEX"),
        text,
    };
    if kind == DemandKind::Unique {
        reader.any(&["KEY", "INDEX"]);
        // Its name, as MySQL writes it.
        if !reader.is_at(&["NULLS", "USING"]) && found.name.is_none() && !found.using_index {
            found.name = reader.name();
        }
    }
    let nulls = reader.any(&["NULLS NOT DISTINCT", "NULLS DISTINCT"]);
    found.nulls_are_equal = nulls == Some("NULLS NOT DISTINCT");
    if kind == DemandKind::ForeignKey {
        reader.name();
    }
    match (reader.parentheses(), kind) {
        (Some(inner), DemandKind::Check) => found.expression = Some(inner.written().to_owned()),
        (Some(inner), _) => found.columns = first_names(inner),
        (None, _) => {}
    }
    if reader.words("REFERENCES") {
        found.references = reader.name();
        found.referenced = reader.parentheses().map(first_names).unwrap_or_default();
    }
    Some(found)
}

/// The names with which the parts of a list begin; what is an expression has none.
pub(super) fn first_names(inner: TokenReader<'_, '_>) -> Vec<String> {
    let name = |mut part: TokenReader<'_, '_>| {
        let name = part.name()?;
        let is_call = part.peek().is_some_and(|token| token.is_symbol("("))
            && !part
                .all()
                .get(1)
                .is_some_and(|token| token.text.starts_with(|c: char| c.is_ascii_digit()));
        (!is_call).then(|| name.last().to_owned())
    };
    inner.parts().into_iter().filter_map(name).collect()
}

/// The rest of ALTER TABLE, from IF EXISTS on.
pub(super) fn alter_table(mut reader: TokenReader<'_, '_>, ignore: bool) -> Option<AlterTable> {
    reader.words("IF EXISTS");
    reader.words("ONLY");
    let name = reader.name()?;
    reader.symbol("*");
    // How MySQL divides the table stands behind the rest without a comma.
    let mut parts = reader.before("PARTITION BY").parts();
    parts.extend(Some(reader).filter(|partitioning| !partitioning.is_empty()));
    let actions = parts.into_iter().flat_map(actions).collect();
    Some(AlterTable { name, ignore, actions })
}

/// The actions in one part: several in `ADD (a int, b int)`, as MySQL also takes it.
fn actions(reader: TokenReader<'_, '_>) -> Vec<TableAction> {
    let mut list = reader;
    if list.words("ADD") {
        list.words("COLUMN");
        list.words("IF NOT EXISTS");
        if let Some(inner) = list.parentheses() {
            let one = |part| add(part).unwrap_or(TableAction::Other);
            return inner.parts().into_iter().map(one).collect();
        }
    }
    vec![action(reader)]
}

fn action(mut reader: TokenReader<'_, '_>) -> TableAction {
    let read = if reader.words("ADD") {
        add(reader)
    } else if reader.words("DROP") {
        drop(reader)
    } else if reader.words("ALTER") {
        alter_column(reader)
    } else if reader.words("RENAME") {
        rename(reader)
    } else if reader.is_at(&["MODIFY", "CHANGE"]) {
        modify(reader)
    } else {
        other(reader)
    };
    read.unwrap_or(TableAction::Other)
}

fn add(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    if let Some(constraint) = constraint(reader) {
        return Some(TableAction::AddConstraint(constraint));
    }
    let special = reader.any(&["FULLTEXT", "SPATIAL"]);
    if reader.any(&["INDEX", "KEY"]).is_some() || special.is_some() {
        reader.words("IF NOT EXISTS");
        let name = reader.name();
        reader.any(&["USING BTREE", "USING HASH"]);
        let columns = reader.parentheses().map(first_names).unwrap_or_default();
        return Some(TableAction::AddIndex {
            unique: false,
            special: special.map(str::to_owned),
            name,
            columns,
        });
    }
    if reader.is_at(&["PARTITION", "GENERATED", "SYSTEM", "PERIOD"]) {
        return Some(TableAction::Other);
    }
    reader.words("COLUMN");
    reader.words("IF NOT EXISTS");
    column(reader).map(TableAction::AddColumn)
}

fn drop(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    if reader.is_at(&["PARTITION", "SYSTEM"]) {
        return Some(TableAction::DiscardRows(format!("DROP {}", reader.written())));
    }
    if reader.words("PRIMARY KEY") {
        return Some(TableAction::DropPrimaryKey);
    }
    if let Some(kind) = reader.any(&["CONSTRAINT", "FOREIGN KEY", "CHECK", "INDEX", "KEY"]) {
        reader.words("IF EXISTS");
        let name = reader.name()?;
        return Some(match kind {
            "INDEX" | "KEY" => TableAction::DropIndex(name),
            _ => TableAction::DropConstraint(name),
        });
    }
    if reader.is_at(&["PERIOD"]) {
        return Some(TableAction::Other);
    }
    reader.words("COLUMN");
    reader.words("IF EXISTS");
    let name = reader.name()?;
    Some(TableAction::DropColumn { name, cascade: reader.words("CASCADE") })
}

fn alter_column(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    if reader.is_at(&["CONSTRAINT", "INDEX", "CHECK"]) {
        return Some(TableAction::Other);
    }
    reader.words("COLUMN");
    let column = reader.name()?;
    if reader.any(&["SET DATA TYPE", "TYPE"]).is_some() {
        let ty = read_type(reader.until(&["USING", "COLLATE"]));
        let collated = reader.until(&["USING"]).has("COLLATE");
        let using = reader.words("USING").then(|| reader.written().to_owned());
        return Some(TableAction::AlterType { column, ty, using, collated });
    }
    let what = reader.any(&[
        "SET NOT NULL",
        "DROP NOT NULL",
        "SET DEFAULT",
        "DROP DEFAULT",
        "DROP IDENTITY",
        "ADD GENERATED ALWAYS AS IDENTITY",
        "ADD GENERATED BY DEFAULT AS IDENTITY",
    ]);
    Some(match what {
        Some("SET NOT NULL") => TableAction::SetNotNull(column),
        Some("DROP NOT NULL") => TableAction::DropNotNull(column),
        Some("SET DEFAULT") => TableAction::SetDefault { column },
        Some("DROP DEFAULT" | "DROP IDENTITY") => TableAction::DropDefault(column),
        Some(identity) => TableAction::AddIdentity {
            column,
            always: identity.contains("ALWAYS"),
            options: reader.written().to_owned(),
        },
        None => TableAction::Other,
    })
}

fn rename(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    if reader.any(&["TO", "AS"]).is_some() {
        return reader.name().map(TableAction::RenameTable);
    }
    if reader.any(&["CONSTRAINT", "INDEX", "KEY"]).is_some() {
        let from = reader.name()?;
        let to = reader.words("TO").then(|| reader.name())??;
        return Some(TableAction::RenameConstraint { from, to });
    }
    reader.words("COLUMN");
    let from = reader.name()?;
    if reader.words("TO") {
        return reader.name().map(|to| TableAction::RenameColumn { from, to });
    }
    // RENAME new_name, as MySQL also takes it.
    reader.is_empty().then_some(TableAction::RenameTable(from))
}

/// MODIFY COLUMN a int, CHANGE COLUMN a b int.
fn modify(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    let is_change = reader.words("CHANGE");
    if !is_change && !reader.words("MODIFY") {
        return None;
    }
    reader.words("COLUMN");
    reader.words("IF EXISTS");
    let from = reader.name()?;
    let name = if is_change { reader.name()? } else { from.clone() };
    if name.parts.len() != 1 {
        return None;
    }
    Some(TableAction::Modify { from, column: column_of(name, reader) })
}

/// EXCHANGE PARTITION, and CONVERT TABLE ... TO PARTITION.
fn exchange(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    let (partition, with) = if reader.words("EXCHANGE PARTITION") {
        let partition = reader.name()?;
        (partition, reader.words("WITH TABLE").then(|| reader.name())??)
    } else {
        let with = reader.words("CONVERT TABLE").then(|| reader.name())??;
        (reader.words("TO PARTITION").then(|| reader.name())??, with)
    };
    let is_validated = !reader.has("WITHOUT VALIDATION");
    Some(TableAction::ExchangePartition { partition, with, is_validated })
}

fn other(mut reader: TokenReader<'_, '_>) -> Option<TableAction> {
    let whole = reader.written().to_owned();
    if reader.words("VALIDATE CONSTRAINT") {
        return reader.name().map(TableAction::Validate);
    }
    if reader.words("DETACH PARTITION") {
        let partition = reader.name()?;
        let concurrently = reader.any(&["CONCURRENTLY", "FINALIZE"]).is_some();
        return Some(TableAction::DetachPartition { concurrently, partition });
    }
    if reader.words("ATTACH PARTITION") {
        let partition = reader.name()?;
        let bounds = reader.written().to_owned();
        return Some(TableAction::AttachPartition { partition, bounds });
    }
    if let Some(exchange) = exchange(reader) {
        return Some(exchange);
    }
    if reader.words("SET SCHEMA") {
        return reader.name().map(TableAction::SetSchema);
    }
    if reader.any(&["ENABLE ROW LEVEL SECURITY", "FORCE ROW LEVEL SECURITY"]).is_some() {
        return Some(TableAction::EnableRowSecurity);
    }
    if reader.words("DISABLE TRIGGER") {
        return reader.name().map(TableAction::DisableTrigger);
    }
    if reader.any(&["ENABLE TRIGGER", "ENABLE ALWAYS TRIGGER"]).is_some() {
        return reader.name().map(TableAction::EnableTrigger);
    }
    if reader.any(&["TRUNCATE PARTITION", "DISCARD TABLESPACE", "DISCARD PARTITION"]).is_some() {
        return Some(TableAction::DiscardRows(whole));
    }
    if let Some((what, word)) = asked(&mut reader) {
        return Some(match what {
            "LOCK" => TableAction::Lock(word),
            _ => TableAction::Algorithm(word),
        });
    }
    if reader.words("CONVERT TO") {
        let to = NewStorage::Charset(charset(&mut reader)?);
        return Some(TableAction::Rewrite { words: whole, to: Some(to) });
    }
    if let Some(engine) = option(&mut reader, &["ENGINE"]) {
        let to = NewStorage::Engine(engine);
        return Some(TableAction::Rewrite { words: whole, to: Some(to) });
    }
    let mut options = reader;
    options.words("DEFAULT");
    if let Some(charset) = charset(&mut options) {
        return Some(TableAction::DefaultCharset(charset));
    }
    let rewrites = [
        "SET TABLESPACE",
        "SET LOGGED",
        "SET UNLOGGED",
        "SET ACCESS METHOD",
        "ROW_FORMAT",
        "FORCE",
        "PARTITION BY",
        "REMOVE PARTITIONING",
        "REORGANIZE PARTITION",
        "COALESCE PARTITION",
        "REBUILD PARTITION",
        "OPTIMIZE PARTITION",
        "ORDER BY",
    ];
    reader.any(&rewrites).map(|_| TableAction::Rewrite { words: whole, to: None })
}

/// `ALGORITHM = COPY`, `LOCK NONE`: what is asked for, and its value.
fn asked(reader: &mut TokenReader<'_, '_>) -> Option<(&'static str, String)> {
    let what = reader.any(&["ALGORITHM", "LOCK"])?;
    reader.symbol("=");
    Some((what, reader.name()?.text.to_ascii_uppercase()))
}

impl AskedDdl {
    /// What the rest of CREATE INDEX or DROP INDEX asks for.
    pub(super) fn read(mut reader: TokenReader<'_, '_>) -> Self {
        let mut found = Self::default();
        while !reader.is_empty() {
            match asked(&mut reader) {
                Some(("LOCK", word)) => found.lock = Some(word),
                Some((_, word)) => found.algorithm = Some(word),
                None => {
                    reader.next();
                }
            }
        }
        found
    }
}

impl TableAction {
    /// The column that it adds, or writes again.
    pub(crate) fn column(&self) -> Option<&super::ColumnText> {
        match self {
            Self::AddColumn(column) | Self::Modify { column, .. } => Some(column),
            _ => None,
        }
    }
}
