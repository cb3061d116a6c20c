//! Two schemas drawn at random, with rows: the draft leads from one to the other, and back, and the rows are still there.

use ambix::{
    DraftOptions, Migration, Migrations, Migrator,
    schema::{
        Check, Column, Enum, ForeignKey, Index, IndexPart, ReferentialAction, Schema, Table, Type,
        Unique,
    },
};

use crate::setup::{Fresh, fresh};

/// Numbers that are the same in every run.
struct Drawn(u64);

impl Drawn {
    fn number(&mut self, below: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    fn one_in(&mut self, times: u64) -> bool {
        self.number(times) == 0
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.number(of.len() as u64) as usize].clone()
    }
}

/// Every value that a row has can be had by each of these.
fn number_type(drawn: &mut Drawn) -> Type {
    drawn.one(&[
        Type::SmallInt,
        Type::Integer,
        Type::BigInt,
        Type::UnsignedInteger,
        Type::Varchar(20),
        Type::Varchar(70),
        Type::Decimal(Some((12, 3))),
        Type::Double,
        Type::Char(12),
    ])
}

fn schema(drawn: &mut Drawn) -> Schema {
    let key = drawn.one(&[Type::Integer, Type::BigInt, Type::UnsignedBigInt]);
    let mut schema = Schema::new().table(table(drawn, "a", &key));
    for name in ["b", "c", "order"] {
        if !drawn.one_in(4) {
            schema = schema.table(table(drawn, name, &key));
        }
    }
    schema
}

fn table(drawn: &mut Drawn, name: &str, key: &Type) -> Table {
    let id = Column::new("id", key.clone()).not_null();
    let is_auto = drawn.one_in(2);
    let mut table =
        Table::new(name).column(if is_auto { id.auto_increment() } else { id }).primary_key(["id"]);
    if drawn.one_in(2) {
        table = table.comment(drawn.one(&["one", "it's", "two\nlines"]));
    }
    if drawn.one_in(4) {
        table = table.option("collation", drawn.one(&["utf8mb4_unicode_ci", "latin1_swedish_ci"]));
    }
    let mut numbers = Vec::new();
    for column in ["n0", "n1", "n2", "select"] {
        if drawn.one_in(4) {
            continue;
        }
        numbers.push(column);
        table = table.column(plain(drawn, column));
    }
    let special = |drawn: &mut Drawn, name: &str, types: &[Type]| {
        let ty = drawn.one(types);
        Column::new(name, ty).nullable(drawn.one_in(2))
    };
    if drawn.one_in(2) {
        table = table.column(special(drawn, "at", &[Type::Timestamp, Type::Date]));
    }
    if drawn.one_in(2) {
        let states = [&["a", "b"][..], &["b", "a", "c"], &["a", "b", "c", "d"]];
        let values = Enum::new("state", drawn.one(&states).iter().copied());
        table = table.column(special(drawn, "state", &[values.into()]));
    }
    if drawn.one_in(3) {
        table = table.column(special(drawn, "data", &[Type::Json, Type::Text]));
    }
    if drawn.one_in(2) {
        let column = Column::new("ref", key.clone()).nullable(drawn.one_in(2));
        table = table.column(column);
        if !drawn.one_in(3) {
            let action = drawn.one(&[ReferentialAction::NoAction, ReferentialAction::Cascade]);
            table = table.foreign_key(ForeignKey::new(["ref"], "a", ["id"]).on_delete(action));
        }
        if drawn.one_in(3) {
            table = table.with_index(Index::new(["ref", "id"]).named(format!("{name}_wide")));
        }
        if drawn.one_in(4) {
            table = table.with_index(Index::new(["ref"]).named(format!("{name}_ref")));
        }
    }
    if let [first, .., last] = numbers.as_slice() {
        table = keys(drawn, table, first, last);
    }
    table
}

fn plain(drawn: &mut Drawn, name: &str) -> Column {
    let ty = number_type(drawn);
    let is_text = matches!(ty, Type::Varchar(_) | Type::Char(_));
    let mut column = Column::new(name, ty).nullable(drawn.one_in(2));
    match drawn.number(4) {
        0 if is_text => column = column.default(drawn.one(&["7", "8"])),
        0 => column = column.default(drawn.one(&[7, 8])),
        _ => {}
    }
    if is_text && drawn.one_in(4) {
        column = column.collation("utf8mb4_bin");
    }
    if drawn.one_in(5) {
        column = column.comment(drawn.one(&["a", "it's -- b"]));
    }
    column
}

fn keys(drawn: &mut Drawn, mut table: Table, first: &str, last: &str) -> Table {
    // The same in all rows that are there is not unique.
    if let Some(column) = table.columns.iter_mut().find(|column| column.name == last) {
        column.default = None;
    }
    match drawn.number(4) {
        0 => table = table.unique([last]),
        1 => table = table.with_unique(Unique::new([first, last]).named("both")),
        2 => table = table.with_index(Index::new([last]).named("both")),
        _ => {}
    }
    if drawn.one_in(3) {
        let part = IndexPart::column(first);
        let part = if drawn.one_in(2) { part.descending() } else { part };
        table = table.with_index(Index::on([part]).named("sorted"));
    }
    if drawn.one_in(3) {
        let least = drawn.number(2);
        let name = format!("{}_positive", table.name);
        table =
            table.check(Check::new(format!("char_length(`{first}`) + {least} >= 0")).named(name));
    }
    if drawn.one_in(3) {
        let by = drawn.number(2) + 1;
        let sum = Column::new("sum", Type::Integer);
        let expression = format!("id * {by}");
        let sum = if drawn.one_in(2) {
            sum.generated(expression)
        } else {
            sum.generated_virtual(expression)
        };
        // A column that numbers itself may not be computed from.
        if table.columns[0].identity.is_none() {
            table = table.column(sum);
        }
    }
    table
}

/// With a table and a column of it under other names.
fn renamed(drawn: &mut Drawn, mut schema: Schema, from: &Schema) -> Schema {
    let had = |table: &str, column: &str| {
        let of = from.tables.iter().find(|known| known.name.name == table);
        of.is_some_and(|of| of.find_column(column).is_some())
    };
    for table in &mut schema.tables {
        let old = table.name.name.clone();
        if old == "b" && drawn.one_in(2) {
            "people".clone_into(&mut table.name.name);
            table.renamed_from = Some(old.clone());
        }
        let is_used =
            table.checks.is_empty() && table.uniques.is_empty() && table.indexes.is_empty();
        if is_used && drawn.one_in(2) && had(&old, "n1") {
            for column in table.columns.iter_mut().filter(|column| column.name == "n1") {
                "renamed".clone_into(&mut column.name);
                column.renamed_from = Some("n1".to_owned());
            }
        }
    }
    schema
}

fn migrator(migrations: &[Migration], models: &Schema) -> Migrator {
    let migrations = Migrations::new(migrations.iter().cloned()).unwrap();
    Migrator::from_migrations(migrations).unwrap().models(models.clone())
}

/// Three rows, in each of which every number is the row's own.
async fn insert(db: &Fresh, schema: &Schema) {
    for row in 1..=3 {
        for table in &schema.tables {
            let columns: Vec<&Column> =
                table.columns.iter().filter(|column| column.generated.is_none()).collect();
            let value = |column: &&Column| match column.name.as_str() {
                "at" => "'2024-05-06'".to_owned(),
                "state" => "'b'".to_owned(),
                "data" => format!("'[{row}]'"),
                _ => format!("'{row}'"),
            };
            let names: Vec<String> = columns.iter().map(|c| format!("`{}`", c.name)).collect();
            let values: Vec<String> = columns.iter().map(value).collect();
            let sql = format!(
                "INSERT INTO `{}` ({}) VALUES ({})",
                table.name,
                names.join(", "),
                values.join(", ")
            );
            db.execute(&sql).await;
        }
    }
}

async fn sums(db: &Fresh, schema: &Schema, other: &Schema) -> Vec<String> {
    let mut sums = Vec::new();
    for table in &schema.tables {
        let name = |table: &Table| table.renamed_from.clone().unwrap_or(table.name.name.clone());
        let Some(of) = other.tables.iter().find(|known| name(known) == name(table)) else {
            continue;
        };
        let count = db.column(&format!("SELECT count(*) FROM `{}`", table.name)).await;
        sums.push(format!("{} {}", name(table), count[0]));
        let old = |column: &Column| column.renamed_from.clone().unwrap_or(column.name.clone());
        for column in table.columns.iter().filter(|c| c.generated.is_none()) {
            let is_kept = of
                .columns
                .iter()
                .any(|known| old(known) == old(column) && known.generated.is_none());
            if is_kept {
                let sql = format!(
                    "SELECT group_concat(left(`{}` + 0, 1) ORDER BY id) FROM `{}`",
                    column.name, table.name
                );
                sums.push(format!("{}.{} {}", name(table), old(column), db.column(&sql).await[0]));
            }
        }
    }
    sums.retain(|sum| !sum.contains(".state ") && !sum.contains(".data "));
    sums.sort();
    sums
}

async fn run(seed: u64) -> Result<(), String> {
    let mut drawn = Drawn(seed.wrapping_mul(977));
    let from = schema(&mut drawn);
    let to = schema(&mut drawn);
    let to = renamed(&mut drawn, to, &from);
    let db = fresh().await;
    let options = || DraftOptions::new().allow_destructive(true);
    let first = migrator(&[], &from).draft(&db.pool, options()).await.map_err(|e| e.to_string())?;
    let first = Migration::new("r1", "from").up(&first.up).down(&first.down);
    let all = vec![first.clone()];
    migrator(&all, &from).run_pending(&db.pool).await.map_err(|e| format!("from: {e}"))?;
    insert(&db, &from).await;
    let before = sums(&db, &from, &to).await;
    let draft = migrator(&all, &to).draft(&db.pool, options()).await.map_err(|e| e.to_string())?;
    if draft.is_empty() {
        return Ok(());
    }
    let both = vec![first, Migration::new("r2", "to").up(&draft.up).down(&draft.down)];
    for round in 0..2 {
        let said = |what: &str, side: &str| format!("{round}: {what}\n{side}");
        let done = migrator(&both, &to).run_pending(&db.pool).await;
        done.map_err(|error| said(&format!("up: {error}"), &draft.up))?;
        let left = migrator(&both, &to).check(&db.pool, options()).await.unwrap();
        if !left.is_empty() {
            return Err(said(&format!("up leaves: {left}"), &draft.up));
        }
        let after = sums(&db, &to, &from).await;
        if round == 0 && after != before {
            return Err(said(&format!("rows: {before:?} {after:?}"), &draft.up));
        }
        let done = migrator(&both, &from).downgrade(&db.pool, "-1").await;
        done.map_err(|error| said(&format!("down: {error}"), &draft.down))?;
        let left = migrator(&both[..1], &from).check(&db.pool, options()).await.unwrap();
        if !left.is_empty() {
            return Err(said(&format!("down leaves: {left}"), &draft.down));
        }
        let back = sums(&db, &from, &to).await;
        if round == 0 && back != before {
            return Err(said(&format!("rows after down: {before:?} {back:?}"), &draft.down));
        }
    }
    Ok(())
}

/// `AMBIX_TEST_SEEDS=100..200` draws others.
#[tokio::test]
async fn drawn_schemas_lead_to_each_other() {
    let seeds = std::env::var("AMBIX_TEST_SEEDS").unwrap_or_else(|_| "0..25".to_owned());
    let (from, to) = seeds.split_once("..").unwrap();
    let mut problems = Vec::new();
    for seed in from.parse().unwrap()..to.parse().unwrap() {
        if let Err(problem) = run(seed).await {
            problems.push(format!("seed {seed}: {problem}"));
        }
    }
    assert!(problems.is_empty(), "{} problems\n{}", problems.len(), problems.join("\n\n"));
}
