//! A database that is a file.

use crate::support::{three, unique};

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let file = std::env::temp_dir().join(unique("ambix_nowhere")).join("app.db");
    let url = format!("sqlite://{}", file.display());
    let error = three().run_pending(url.as_str()).await.unwrap_err().to_string();
    assert!(error.contains(&file.display().to_string()), "{error}");
    assert!(error.contains("mode=rwc"), "{error}");
}
