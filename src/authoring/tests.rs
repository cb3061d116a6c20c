//! New migrations in real folders: what is written, and what is refused before anything is.

use std::{collections::BTreeMap, fs, path::PathBuf};

use super::*;

/// As the tests compare it.
impl std::fmt::Display for FolderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Refused { text, help } => write!(f, "{text} | {}", help.join(" | ")),
        }
    }
}

/// A folder that is removed with the value.
pub(super) struct Temp(pub(super) PathBuf);

impl Drop for Temp {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(super) fn temp(files: &[(&str, &str)]) -> Temp {
    let path = std::env::temp_dir().join(format!(
        "ambix_folder_{}_{}",
        std::process::id(),
        name::random()
    ));
    fs::create_dir_all(&path).unwrap();
    for (name, text) in files {
        let file = path.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    Temp(path)
}

impl Temp {
    pub(super) fn open(&self) -> Folder {
        Folder::open(&self.0, "ambix").unwrap()
    }

    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// All files and their texts.
    pub(super) fn all(&self) -> BTreeMap<String, String> {
        let names = fs::read_dir(&self.0).unwrap().map(|e| e.unwrap());
        let names = names
            .filter(|e| !e.path().is_dir())
            .map(|e| e.file_name().to_str().unwrap().to_owned());
        names.map(|name| (name.clone(), self.text(&name))).collect()
    }

    pub(super) fn add(&self, new: NewRevision) -> Written {
        self.open().revision(&new).unwrap()
    }

    /// Nothing was written.
    pub(super) fn refuses(&self, new: &NewRevision) -> String {
        let before = self.all();
        let error = self.open().revision(new).unwrap_err().to_string();
        assert_eq!(self.all(), before, "{error}");
        error
    }
}

pub(super) fn new(message: &str) -> NewRevision {
    NewRevision {
        message: message.to_owned(),
        template: "default".to_owned(),
        ..NewRevision::default()
    }
}

pub(super) fn on(message: &str, head: &str) -> NewRevision {
    NewRevision { head: Some(head.to_owned()), ..new(message) }
}

pub(super) fn id(message: &str, id: &str) -> NewRevision {
    NewRevision { rev_id: Some(id.to_owned()), ..new(message) }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

#[test]
fn a_new_migration_follows_the_head_and_is_in_the_sum() {
    let folder = temp(&[]);
    let first = folder.add(new("create users"));
    assert_eq!(first.parents, Vec::<String>::new());
    let second = folder.add(new("add email to users"));
    assert_eq!(second.parents.join(","), first.revision);
    let third = folder.add(new("add name"));
    assert_eq!(third.notes, Vec::<String>::new(), "three in one minute are nothing to be told of");
    let graph = folder.open().graph;
    let order: Vec<&str> = graph.iter().map(Migration::name).collect();
    assert_eq!(order, ["create users", "add email to users", "add name"]);
    let names: Vec<String> =
        folder.all().into_keys().filter(|name| name.ends_with("up.sql")).collect();
    assert_eq!(
        names,
        [first.files[0].as_str(), &second.files[0], &third.files[0]],
        "names sort as the history does"
    );
    assert_eq!(folder.text("ambix.sum"), sum::write(&graph));
    let up = folder.text(&second.files[0]);
    assert!(
        up.starts_with(&format!("-- ambix: parents {}\n-- add email to users\n", first.revision)),
        "{up}"
    );
    assert!(folder.text(&first.files[0]).starts_with("-- ambix: parents none\n"));
    assert!(folder.text(&second.files[1]).starts_with("-- Reverts: add email to users\n"));
    assert!(
        fs::read_dir(&folder.0).unwrap().all(|e| !e
            .unwrap()
            .file_name()
            .to_str()
            .unwrap()
            .starts_with('.'))
    );
}

#[test]
fn what_was_drafted_is_written_as_it_is() {
    let folder = temp(&[]);
    folder.add(new("create users"));
    let drafted = Drafted {
        up: "-- ambix: foreign-keys off\n\n-- drop it\nSELECT '{message}';\n".to_owned(),
        down: "-- ambix: transaction none\n\nSELECT '{revision}';\n".to_owned(),
    };
    let drafted = NewRevision { drafted: Some(drafted), ..new("drop bio\nnow") };
    folder.open().check_place(&drafted).unwrap();
    let before = folder.all();
    let outside = NewRevision { head: Some("nosuch".to_owned()), ..drafted.clone() };
    assert!(folder.open().check_place(&outside).is_err());
    assert_eq!(folder.all(), before);
    let written = folder.add(drafted);
    let graph = folder.open().graph;
    let migration = graph.get(&written.revision).unwrap();
    assert!(!migration.foreign_keys && migration.transaction && !migration.down_transaction);
    let up = folder.text(&written.files[0]);
    assert!(up.ends_with("way back.\n\n-- drop it\nSELECT '{message}';\n"), "{up}");
    let down = folder.text(&written.files[1]);
    assert_eq!(
        down,
        "-- ambix: transaction none\n-- Reverts: drop bio now\n\nSELECT '{revision}';\n"
    );
}

#[test]
fn ids_are_checked_before_anything_is_written() {
    let folder = temp(&[]);
    let first = folder.add(id("one", "billing_v2"));
    assert!(
        first.files[0].ends_with("_one.up.sql") && !first.files[0].contains("billing"),
        "{:?}",
        first.files
    );
    assert!(
        folder
            .text(&first.files[0])
            .starts_with("-- ambix: revision billing_v2\n-- ambix: parents none\n")
    );
    let second = folder.add(id("decade of data", "größe.1"));
    assert_eq!(folder.open().graph.get("größe.1").unwrap().name(), "decade of data");
    assert_eq!(second.parents, ["billing_v2"]);
    for (given, expected) in [
        ("billing_v2", "revision billing_v2 already exists: "),
        ("a-b", "'-' cannot be in a revision (a-b)"),
        ("a@b", "'@' cannot be in a revision"),
        ("a+b", "'+' cannot be in a revision"),
        ("a:b", "':' cannot be in a revision"),
        ("../x", "'/' cannot be in a revision"),
        ("a\nb", "'\\n' cannot be in a revision"),
        ("", "a revision cannot be empty"),
        ("heads", "heads cannot be a revision"),
        (&"a".repeat(65), "is longer than 64 bytes"),
    ] {
        let error = folder.refuses(&id("x", given));
        assert!(error.contains(expected) && error.contains("nothing was written"), "{error}");
    }
}

#[test]
fn labels_are_checked_before_anything_is_written() {
    let folder = temp(&[]);
    let labels = |labels: &[&str]| NewRevision { labels: strings(labels), ..id("x", "c0ffee") };
    folder.add(NewRevision { rev_id: Some("abc123".to_owned()), ..labels(&["billing"]) });
    for (label, expected) in [
        ("billing", "label billing is already used by revision abc123"),
        ("abc123", "label abc123 is also the revision of revision abc123"),
        ("c0ffee", "label c0ffee is also the revision of revision c0ffee"),
        ("a,b", "\"a,b\" cannot be a label"),
        ("a\n-- ambix: transaction none", "cannot be a label"),
        ("a b", "' ' cannot be in a label (a b)"),
        ("v-1", "v-1 cannot be a label"),
        ("head", "head cannot be a label"),
    ] {
        let error = folder.refuses(&labels(&[label]));
        assert!(error.contains(expected), "{error}");
    }
    let written = folder.add(labels(&["shop", "cart"]));
    assert!(folder.text(&written.files[0]).contains("-- ambix: labels shop, cart\n"));
    assert_eq!(folder.open().graph.labels_of("c0ffee"), ["cart", "shop"]);
}

#[test]
fn who_is_followed() {
    let folder = temp(&[]);
    folder.add(id("a", "aaaaa1"));
    folder.add(NewRevision { labels: strings(&["lib"]), ..id("b", "bbbbb2") });
    assert_eq!(
        folder.refuses(&on("x", "aaaaa1")),
        "revision aaaaa1 is not a head: bbbbb2 follows it; nothing was written | pass --splice to begin a new branch there"
    );
    folder.add(NewRevision { splice: true, rev_id: Some("ccccc3".to_owned()), ..on("c", "aaaaa") });
    assert_eq!(
        folder.refuses(&new("x")),
        "there are 2 heads, bbbbb2, ccccc3; nothing was written | name the parent of the new migration: --head bbbbb2 \
         | or join them first: ambix merge heads"
    );
    let on_label =
        folder.add(NewRevision { rev_id: Some("ddddd4".to_owned()), ..on("d", "lib@head") });
    assert_eq!(on_label.parents, ["bbbbb2"]);
    let error = folder.refuses(&on("x", "lib"));
    assert!(
        error.contains("write `lib@head` for the head of that line | pass --splice"),
        "{error}"
    );
    assert!(folder.refuses(&on("x", "nosuch")).contains("can't locate revision nosuch"));
    assert!(folder.refuses(&on("x", "+1")).contains("the current revision of a database"));
    let base = folder.add(on("e", "base"));
    assert_eq!(base.parents, Vec::<String>::new());
    assert!(folder.text(&base.files[0]).starts_with("-- ambix: parents none\n"));
    let error =
        folder.refuses(&NewRevision { depends_on: strings(&["nosuch"]), ..on("x", "lib@head") });
    assert!(error.contains("can't locate revision nosuch"), "{error}");
    let needs = NewRevision { depends_on: strings(&["ccccc", "lib"]), ..on("f", &base.revision) };
    let needs = folder.add(needs);
    assert!(folder.text(&needs.files[0]).contains("-- ambix: depends-on ccccc3, lib\n"));
}

#[test]
fn a_merge_joins_heads() {
    let folder = temp(&[]);
    let merge =
        |revisions: &[&str]| NewMerge { revisions: strings(revisions), ..NewMerge::default() };
    folder.add(id("a", "aaaaa1"));
    folder.add(id("b", "bbbbb2"));
    assert!(
        folder
            .open()
            .merge(&merge(&["heads"]))
            .unwrap_err()
            .to_string()
            .contains("is the only one here")
    );
    folder.add(NewRevision {
        splice: true,
        rev_id: Some("ccccc3".to_owned()),
        ..on("c", "aaaaa1")
    });
    let error = folder.open().merge(&merge(&["aaaaa1", "ccccc3"])).unwrap_err().to_string();
    assert!(error.contains("aaaaa1 is not a head: bbbbb2, ccccc3 follow it"), "{error}");
    let error = folder
        .open()
        .merge(&NewMerge { splice: true, ..merge(&["aaaaa1", "ccccc3"]) })
        .unwrap_err()
        .to_string();
    assert!(error.contains("they overlap: aaaaa1 and ccccc3 are on one line"), "{error}");
    let error = folder.open().merge(&merge(&["bbbbb2", "bbb"])).unwrap_err().to_string();
    assert!(error.contains("named twice"), "{error}");
    let merged = folder.open().merge(&merge(&["heads"])).unwrap();
    assert_eq!(merged.parents, ["bbbbb2", "ccccc3"]);
    assert!(merged.files[0].ends_with("_merge_bbbbb2_and_ccccc3.up.sql"), "{:?}", merged.files);
    let error = folder.open().merge(&merge(&["bbbbb2", "ccccc3"])).unwrap_err().to_string();
    assert!(
        error.contains(&format!("bbbbb2 is not a head: {} follows it", merged.revision)),
        "{error}"
    );
}

#[test]
fn a_message_cannot_leave_the_folder() {
    let outer = temp(&[("inner/ambix.sum", "")]);
    let inner = outer.0.join("inner");
    for message in [
        "../../x",
        "a/b",
        "..\\..\\x",
        "x\0y",
        ".",
        "",
        "🎉",
        "CON",
        "nul",
        "\u{202e}x",
        &"é".repeat(3000),
    ] {
        let written = Folder::open(&inner, "ambix").unwrap().revision(&new(message)).unwrap();
        assert!(
            written.files.iter().all(|name| inner.join(name).is_file()),
            "{message:?}: {written:?}"
        );
    }
    let left: Vec<_> = fs::read_dir(&outer.0).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["inner"]);
    assert_eq!(Folder::open(&inner, "ambix").unwrap().graph.len(), 11);
}

#[test]
fn a_file_of_a_time_to_come_is_told_of() {
    let folder = temp(&[("29990101_0000_abc123_a.sql", "select 1")]);
    assert_eq!(folder.add(new("b c")).notes, Vec::<String>::new(), "no date of our time");
    let folder = temp(&[("21990101_2359_abc123_a.sql", "select 1")]);
    let written = folder.add(new("b c"));
    assert!(
        written.notes[0].contains("21990101_2359_abc123_a.sql is dated in the future"),
        "{:?}",
        written.notes
    );
    assert!(written.files[0].starts_with("21990102_0000_"), "{:?}", written.files);
}

/// sqlx's names are dates of another length, and its files name no parents.
#[test]
fn files_without_parents_keep_theirs() {
    let folder =
        temp(&[("20240101000000_a.sql", "select 1"), ("20240102000000_b.sql", "select 1")]);
    let written = folder.add(NewRevision { splice: true, ..on("c", "20240101000000") });
    let graph = folder.open().graph;
    assert_eq!(graph.parents("20240102000000")[0].revision(), "20240101000000");
    assert_eq!(graph.parents(&written.revision)[0].revision(), "20240101000000");
    // A number that sorts after every date.
    let folder = temp(&[("1_a.sql", "select 1"), ("999999999999999999_b.sql", "select 1")]);
    let error = folder.refuses(&NewRevision { splice: true, ..on("c", "1") });
    assert!(
        error.contains(
            "999999999999999999_b.sql names no parents, so it follows the previous file by name"
        ),
        "{error}"
    );
}

#[test]
fn a_stale_sum_stays_stale_and_a_conflict_is_resolved() {
    let folder = temp(&[]);
    folder.add(id("a", "aaaaa1"));
    let sum = folder.text("ambix.sum");
    fs::write(folder.0.join("ambix.sum"), sum.replace("sha256:", "sha256:0")).unwrap();
    let written = folder.add(id("b", "bbbbb2"));
    assert!(
        written.notes.iter().any(|note| note.starts_with("ambix.sum is stale: revision aaaaa1")),
        "{:?}",
        written.notes
    );
    assert!(folder.text("ambix.sum").contains("sha256:0"));
    let conflict = "<<<<<<< HEAD\naaaaa1 - x\n=======\nbbbbb2 - y\n>>>>>>> other\n";
    fs::write(folder.0.join("ambix.sum"), conflict).unwrap();
    let written = folder.add(id("c", "ccccc3"));
    assert!(
        written.notes.iter().any(|note| note.contains("had conflict markers")),
        "{:?}",
        written.notes
    );
    assert_eq!(folder.text("ambix.sum"), sum::write(&folder.open().graph));
    fs::remove_file(folder.0.join("ambix.sum")).unwrap();
    assert_eq!(folder.open().hash().unwrap(), ["there was no ambix.sum"]);
    assert_eq!(folder.open().hash().unwrap(), Vec::<String>::new());
}

#[test]
fn templates_of_the_folder_are_used() {
    let folder = temp(&[
        (
            "templates/default.up.tmpl",
            "-- {message} ({revision}, {date}) {parents} {nosuch} {}\nselect 1;\n",
        ),
        ("templates/audit.up.tmpl", "-- ambix: irreversible because {message}\n"),
    ]);
    let written = folder.add(id("say it", "abc123"));
    assert_eq!(written.files.len(), 1, "it has no down side");
    let text = folder.text(&written.files[0]);
    assert!(text.starts_with("-- ambix: parents none\n-- say it (abc123, 20"), "{text}");
    assert!(text.ends_with(" UTC) none {nosuch} {}\nselect 1;\n"), "{text}");
    let audit = folder.add(NewRevision { template: "audit".to_owned(), ..new("it is audited") });
    let graph = folder.open().graph;
    assert_eq!(
        graph.get(&audit.revision).unwrap().irreversible_because(),
        Some("because it is audited")
    );
    let error = folder.refuses(&NewRevision { template: "../x".to_owned(), ..new("x") });
    assert!(error.contains("there is no template \"../x\", only default, data"), "{error}");
}

/// Every built-in template makes a folder that is read.
#[test]
fn every_template_makes_a_migration() {
    let folder = temp(&[]);
    for template in folder.open().templates().unwrap() {
        let written = folder.add(NewRevision {
            template: template.name.clone(),
            connection: "X".to_owned(),
            ..new("ambix: transaction none")
        });
        let graph = folder.open().graph;
        let migration = graph.get(&written.revision).unwrap();
        let alone = ["data", "concurrently"].contains(&template.name.as_str());
        assert_eq!(migration.is_transactional(), !alone, "{}", template.name);
        assert_eq!(migration.irreversible_because().is_some(), template.name == "irreversible");
        if let Some(code) = written.code {
            assert!(
                code.contains("pub async fn ambix_transaction_none(connection: &mut X)"),
                "{code}"
            );
        }
    }
}

#[test]
fn a_failure_in_the_middle_leaves_the_folder_as_it_was() {
    let folder = temp(&[("a.sql", "a"), ("b.sql", "b")]);
    let before = folder.all();
    let edit = Edit {
        create: vec![("c.up.sql".to_owned(), "c".to_owned())],
        replace: vec![("a.sql".to_owned(), "x".to_owned())],
        remove: strings(&["b.sql", "nosuch.sql"]),
    };
    let error = source::apply(&folder.0, &edit).unwrap_err().to_string();
    assert!(
        error.contains("nosuch.sql: cannot be removed")
            && error.ends_with("the folder is as it was"),
        "{error}"
    );
    assert_eq!(folder.all(), before);
    let edit = Edit {
        create: vec![("c.up.sql".to_owned(), "c".to_owned()), ("a.sql".to_owned(), "x".to_owned())],
        ..Edit::default()
    };
    let error = source::apply(&folder.0, &edit).unwrap_err().to_string();
    assert!(
        error.contains("a.sql: exists already: another command has just written it"),
        "{error}"
    );
    assert_eq!(folder.all(), before);
}

#[test]
fn a_folder_is_made_once() {
    let outer = temp(&[]);
    let path = outer.0.join("db/migrations");
    assert!(Folder::open(&path, "ambix").unwrap_err().to_string().contains("ambix init"));
    assert!(init(&path, "ambix").unwrap());
    assert!(!init(&path, "ambix").unwrap());
    Folder::open(&path, "ambix").unwrap().revision(&new("x y")).unwrap();
    let error = init(&path, "ambix").unwrap_err().to_string();
    assert!(error.contains("already exists and is not empty; nothing was written"), "{error}");
}
