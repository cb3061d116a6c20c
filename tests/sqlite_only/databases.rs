//! What is not a database is not dropped.

use ambix::databases;

use crate::support::folder;

#[tokio::test]
async fn another_file_is_not_removed() {
    let files = folder(&[("notes.txt", "not a database at all")]);
    let url = format!("sqlite://{}", files.0.join("notes.txt").display());
    for force in [false, true] {
        let error = format!("{:#}", databases::drop(&url, force).await.unwrap_err());
        assert!(error.contains("not an SQLite database"), "{error}");
    }
    assert!(files.0.join("notes.txt").exists());
    assert!(!databases::create(&url).await.unwrap());
    let error = format!("{:#}", databases::create("sqlite::memory:").await.unwrap_err());
    assert!(error.contains("in-memory"), "{error}");
    let url = format!("sqlite://{}", files.0.join("no/folder/a.db").display());
    let error = format!("{:#}", databases::create(&url).await.unwrap_err());
    assert!(error.contains("no/folder/a.db"), "{error}");
}

#[tokio::test]
async fn what_lies_beside_goes_with_it() {
    let files = folder::<&str>(&[]);
    let path = files.0.join("a.db");
    let url = format!("sqlite://{}", path.display());
    databases::create(&url).await.unwrap();
    for beside in ["-wal", "-shm", "-journal"] {
        std::fs::write(format!("{}{beside}", path.display()), "").unwrap();
    }
    assert!(databases::drop(&url, true).await.unwrap());
    assert_eq!(std::fs::read_dir(&files.0).unwrap().count(), 0);
}
