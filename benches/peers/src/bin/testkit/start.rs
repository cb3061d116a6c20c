//! From the start of a test to the first answer of its pool.

use super::{Database, Folder, Result, Task, median, migrations};

/// Tests in one process, one after the other.
const TESTS: usize = 4;

pub(crate) fn measure(
    databases: &[Database],
    rounds: usize,
    goals: &mut Vec<(String, bool)>,
) -> Result<()> {
    println!(
        "\nfrom the start of a test to a usable pool, medians of {rounds} rounds of {TESTS} tests, in ms"
    );
    println!(
        "{:<10} {:>10} {:>12} {:>12} {:>8} {:>14}",
        "database", "migrations", "sqlx::test", "ambix::test", "ratio", "first of all"
    );
    for database in databases {
        for (count, goal) in [
            (10, None),
            (100, Some(if database.name == "sqlite" { 10.0 } else { 5.0 })),
            (500, (database.name != "sqlite").then_some(20.0)),
        ] {
            let folder = Folder::new(&format!("start-{}-{count}", database.name))?;
            let files = folder.0.join("migrations");
            migrations(&files, database, count)?;
            let task = |who, tests| Task { who, database, migrations: &files, tests, threads: 1 };
            // Of the one who asks first, which makes the template.
            let first = median(&task("ambix", 1).run(&folder.0)?);
            let (mut sqlx, mut ambix) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                sqlx.extend(task("sqlx", TESTS).run(&folder.0)?);
                ambix.extend(task("ambix", TESTS).run(&folder.0)?);
            }
            let (sqlx, ambix) = (median(&sqlx), median(&ambix));
            let ratio = sqlx / ambix;
            println!(
                "{:<10} {count:>10} {sqlx:>12.1} {ambix:>12.1} {ratio:>8.1} {first:>14.1}",
                database.name
            );
            if let Some(goal) = goal {
                let text = format!(
                    "{} with {count} migrations: {ratio:.1} times faster, at least {goal}",
                    database.name
                );
                goals.push((text, ratio >= goal));
            }
        }
    }
    Ok(())
}
