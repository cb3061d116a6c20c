//! Random migrations in the words of the model.

use ambix::{Migration, Migrations, Migrator, testkit::ModelConnection};

/// xorshift64*: the same on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// The migrations of a graph: lines, branches, merges, several bases, dependencies.
pub fn migrations(random: &mut Random, most: usize) -> Vec<Migration> {
    let count = 1 + random.below(most);
    let mut list: Vec<Migration> = (0..count)
        .map(|node| {
            let name = |node: usize| format!("r{node}");
            let (mut parents, mut needs) = (Vec::new(), Vec::new());
            if node > 0 && !random.chance(15) {
                parents.push(node - 1 - random.below(node.min(2)));
                if random.chance(20) {
                    parents.push(random.below(node));
                }
            }
            if node > 0 && random.chance(15) {
                needs.push(random.below(node));
            }
            parents.sort_unstable();
            parents.dedup();
            let (up, down) = sides(random, node);
            let migration = Migration::new(name(node), format!("step {node}")).up(&up).down(&down);
            migration.parents(parents.into_iter().map(name)).depends_on(needs.into_iter().map(name))
        })
        .collect();
    for at in (1..count).rev() {
        list.swap(at, random.below(at + 1));
    }
    list
}

/// What a migration does and how it is taken back: most are plain, so that they travel in batches.
fn sides(random: &mut Random, n: usize) -> (String, String) {
    match random.below(10) {
        0..5 => (format!("make t{n};\nadd t{n};"), format!("take t{n};\ndrop t{n};")),
        5 => (format!("add a{n};"), format!("take a{n};")),
        6 => (
            format!("add a{n};\n-- ambix: run more\nadd b{n};"),
            format!("take b{n};\n-- ambix: run less\ntake a{n}"),
        ),
        7 => (
            format!(
                "-- ambix: transaction none\nadd a{n};\nalone i{n};\nmake t{n};\nBEGIN; add b{n}; add c{n}; COMMIT;\nalone j{n}"
            ),
            format!(
                "dropalone j{n};\ntake c{n};\ntake b{n};\ndrop t{n};\ndropalone i{n};\ntake a{n}"
            ),
        ),
        8 => (
            format!(
                "-- ambix: transaction none\nalone i{n};\nagain x;\n-- ambix: run more\nadd a{n};"
            ),
            format!("-- ambix: run less\nagain x;\ntake a{n};\ndropalone i{n};"),
        ),
        _ => ("-- nothing".to_owned(), "-- nothing".to_owned()),
    }
}

/// A migrator with the functions that the migrations call.
pub fn migrator(list: Vec<Migration>) -> Migrator {
    let migrator = Migrator::from_migrations(Migrations::new(list).unwrap()).unwrap();
    migrator
        .register("more", |connection: &mut ModelConnection| Box::pin(connection.execute("add f")))
        .register("less", |connection: &mut ModelConnection| Box::pin(connection.execute("take f")))
}
