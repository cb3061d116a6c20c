//! What `ambix models` writes from a database compiles, and is what the database is.

use ambix::{Migrations, Migrator, draft::DraftOptions};

use super::cli::User;
use crate::flavor::{EVERY_KIND, WRITTEN_MODELS, shell, written_models};

/// The committed text is compiled with these tests. `MODELS=write` writes it.
#[tokio::test]
async fn models_of_a_database_find_nothing_in_it() {
    let user = User::with(&[]).await;
    for script in EVERY_KIND {
        let output = shell(&user.db, script);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let printed = user.quietly("models --out models.rs --verbose");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let text = std::fs::read_to_string(user.path("models.rs")).unwrap();
    if std::env::var_os("MODELS").is_some() {
        std::fs::write(WRITTEN_MODELS.0, &text).unwrap();
        return;
    }
    assert_eq!(text, WRITTEN_MODELS.1, "run it with MODELS=write, and look at the difference");

    let migrator = Migrator::from_migrations(Migrations::default()).unwrap();
    let migrator = migrator.models(written_models::all());
    let draft = migrator.check(&user.db.pool, DraftOptions::new()).await.unwrap();
    let unsaid: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("//! - ")).collect();
    // The file names what is not in the models, and a draft is about nothing else.
    let left = draft.changes.iter().filter(|change| {
        let said = change.to_string();
        !unsaid.iter().any(|thing| {
            let (of, _) = thing.split_once(": ").unwrap_or((thing, ""));
            said.contains(of) || of.ends_with(said.trim_start_matches("drop "))
        })
    });
    let left: Vec<String> = left.map(ToString::to_string).collect();
    assert!(left.is_empty(), "{left:#?}\n{unsaid:#?}");

    let printed = user.quietly("models --out models");
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let files = std::fs::read_dir(user.path("models")).unwrap().count();
    let structs = text.matches("pub struct").count();
    assert!(files > structs, "{files} files of {structs} tables");
    let again = user.quietly("models --out models");
    assert!(again.stderr.contains("already up to date"), "{}", again.stderr);
}
