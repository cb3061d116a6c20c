//! A project in which everything is right, through the macro, as a user writes it.

use std::sync::LazyLock;

use ambix::{Migrator, Model};

use super::{fixture, project};
use crate::setup::{SCHEME, testkit_url};

static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| project::migrator("healthy"));

#[derive(Model)]
#[model(table = "users", index(email, name = "users_email", unique))]
#[allow(dead_code)]
struct User {
    #[column(primary_key)]
    id: i32,
    #[column(max_length = 255)]
    email: String,
    #[column(max_length = 100, default = "nobody")]
    full_name: String,
    bio: Option<String>,
}

#[derive(Model)]
#[model(table = "posts")]
#[allow(dead_code)]
struct Post {
    #[column(primary_key)]
    id: i32,
    #[column(references(User, id))]
    user_id: i32,
    heading: Option<String>,
}

fn dump() -> String {
    std::fs::read_to_string(fixture(&format!("healthy/{SCHEME}-release.dump"))).unwrap()
}

ambix::testkit::migration_tests!(MIGRATOR, models![User, Post], |tests| {
    tests
        .url(testkit_url())
        .before(
            "c3c3c3",
            "INSERT INTO users (id, email, name) VALUES (3, 'Cleo@Example.org', 'Cleo')",
        )
        .before("e5e5e5", "INSERT INTO posts (id, user_id, title) VALUES (1, 3, 'First')")
        .after("e5e5e5", "SELECT full_name <> '' FROM users")
        .after("aa7777", "SELECT email = lower(email) FROM users -- all of them")
        .changes_data("aa7777", "that is what it is for")
        .loses("bb8888", "the heading takes its place")
        .release("d4d4", dump())
});

/// The other ways to write it.
mod shorter {
    use super::*;

    static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
        let table = ambix::Migration::new("1", "a").up("CREATE TABLE a (id integer)");
        let migrations = ambix::Migrations::new([table.down("DROP TABLE a")]).unwrap();
        Migrator::from_migrations(migrations).unwrap()
    });

    mod with_a_closure {
        use super::*;
        ambix::testkit::migration_tests!(MIGRATOR, |tests| tests.url(testkit_url()));
    }

    mod with_an_expression {
        use super::*;

        fn models() -> ambix::schema::Schema {
            let id = ambix::schema::Column::new("id", ambix::schema::Type::Integer);
            ambix::schema::Schema::new().table(ambix::schema::Table::new("a").column(id))
        }

        ambix::testkit::migration_tests!(MIGRATOR, models(), |tests| tests
            .url(testkit_url())
            .sum(false));
    }
}
