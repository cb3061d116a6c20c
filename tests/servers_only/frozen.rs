//! A server that takes what it is sent and never answers: at the first word, and in the middle of everything.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ambix::{
    Error, Migrator,
    options::{Lock, Timeouts},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{
    setup::{Fresh, SCHEME, fresh},
    suite::cli::User,
    support::{revisions, three},
};

/// Between us and a server, until it freezes: then nothing passes, and nothing is closed on our side.
struct Freezer {
    port: u16,
    state: Arc<State>,
    accept: JoinHandle<()>,
}

struct State {
    /// How much comes from clients until it freezes, counted in what is read at once.
    left: AtomicUsize,
    frozen: AtomicBool,
    /// Only the connection on which it happens freezes, and the server's side of it is closed.
    one: bool,
}

impl Freezer {
    async fn start(server: Option<String>, after: usize, one: bool) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let frozen = AtomicBool::new(server.is_none());
        let state = Arc::new(State { left: AtomicUsize::new(after), frozen, one });
        let shared = state.clone();
        let accept = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Ok((client, _)) = listener.accept().await {
                match &server {
                    Some(server) => {
                        all.push(tokio::spawn(forward(client, server.clone(), shared.clone())))
                    }
                    None => all.push(tokio::spawn(async move {
                        let _client = client;
                        std::future::pending::<()>().await;
                    })),
                }
            }
        });
        Self { port, state, accept }
    }

    fn url(&self, db: &Fresh) -> String {
        let (before, rest) = db.url.split_once("://").unwrap();
        let (place, path) = rest.split_once('/').unwrap();
        let login = place.rsplit_once('@').map_or(String::new(), |(login, _)| format!("{login}@"));
        format!(
            "{before}://{login}127.0.0.1:{}/{path}?ssl-mode={}",
            self.port,
            if SCHEME == "mysql" { "DISABLED" } else { "disable" }
        )
    }
}

impl Drop for Freezer {
    fn drop(&mut self) {
        self.accept.abort();
    }
}

async fn forward(mut client: TcpStream, server: String, state: Arc<State>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let freeze = || async {
        if !state.one {
            state.frozen.store(true, Ordering::SeqCst);
        }
    };
    loop {
        if state.frozen.load(Ordering::SeqCst) {
            break;
        }
        tokio::select! {
            read = client.read(&mut up) => match read {
                Ok(0) | Err(_) => return,
                Ok(n) => {
                    let left = state.left.load(Ordering::SeqCst);
                    if left == 1 {
                        state.left.store(usize::MAX, Ordering::SeqCst);
                        // It takes the message, and we never hear of it.
                        let _ = server.write_all(&up[..n]).await;
                        freeze().await;
                        break;
                    }
                    if left != usize::MAX {
                        state.left.store(left - 1, Ordering::SeqCst);
                    }
                    if server.write_all(&up[..n]).await.is_err() { return; }
                }
            },
            read = server.read(&mut down) => match read {
                Ok(0) | Err(_) => return,
                Ok(n) => if client.write_all(&down[..n]).await.is_err() { return; },
            },
        }
    }
    // The answer is read and thrown away.
    if state.one {
        let _ = tokio::time::timeout(Duration::from_millis(500), server.read(&mut down)).await;
        drop(server);
    } else {
        std::mem::forget(server);
    }
    let _client = client;
    std::future::pending::<()>().await;
}

fn place(db: &Fresh) -> String {
    db.url
        .split("://")
        .nth(1)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .rsplit('@')
        .next()
        .unwrap()
        .to_owned()
}

fn impatient(migrator: Migrator) -> Migrator {
    let limits = Timeouts::default()
        .connect(Duration::from_millis(500))
        .statement(Duration::from_millis(500));
    migrator.timeouts(limits).lock(Lock::session().wait(Duration::from_secs(30)))
}

const ANY: Duration = Duration::from_secs(90);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_is_given_up() {
    let db = fresh().await;
    let freezer = Freezer::start(None, 0, false).await;
    let url = freezer.url(&db);
    let migrator = impatient(three());
    let check = |verb: &str, error: Error| {
        let error = format!("{error:#}");
        assert!(
            error.contains("no answer within") || error.contains("did not answer"),
            "{verb}: {error}"
        );
        assert!(error.contains("127.0.0.1:") || verb == "wait", "{verb}: {error}");
    };
    check("run_pending", migrator.run_pending(&url).await.unwrap_err());
    check("upgrade", migrator.upgrade(&url, "head").await.unwrap_err());
    check("status", migrator.status(&url).await.unwrap_err());
    check("current", migrator.current(&url).await.unwrap_err());
    check("plan", migrator.plan(&url, "head").await.unwrap_err());
    check("stamp", migrator.stamp(&url, "head").await.unwrap_err());
    check("locks", migrator.locks(&url).await.unwrap_err());
    // The limit of the verb is shorter than that of a connection.
    let patient = three().timeouts(Timeouts::default().connect(None));
    check("wait", patient.wait(&url, "head", Duration::from_millis(300)).await.unwrap_err());
    assert!(format!("{:?}", Timeouts::default()).contains("connect: Some(10s)"));
    let mut user = User::new().await;
    user.environment = vec![("DATABASE_URL".to_owned(), url)];
    for line in [
        "upgrade --connect-timeout 300ms",
        "status --connect-timeout 300ms",
        "wait --timeout 300ms",
        "check --connect-timeout 300ms",
    ] {
        let printed = user.quietly(line);
        assert_eq!(printed.code, 1, "{line}: {}", printed.stderr);
    }
}

/// After each message in turn.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_to_answer_is_given_up() {
    let mut runs = Vec::new();
    for after in 1..=12 {
        runs.push(tokio::spawn(async move {
            let db = fresh().await;
            let freezer = Freezer::start(Some(place(&db)), after, false).await;
            let migrator = impatient(three()).live(ambix::events::Live::Steps).observe(|_| {});
            let began = Instant::now();
            let run = tokio::time::timeout(ANY, migrator.run_pending(&freezer.url(&db))).await;
            let run = run.unwrap_or_else(|_| panic!("after {after}: it hangs"));
            let frozen = freezer.state.frozen.load(Ordering::SeqCst);
            if frozen {
                let error = format!("{:#}", run.unwrap_err());
                assert!(error.contains("answer"), "after {after}: {error}");
            } else {
                assert_eq!(revisions(&run.unwrap()), ["r1", "r2", "r3"], "after {after}");
            }
            println!("after {after}: frozen {frozen}, {:?}", began.elapsed());
            frozen
        }));
    }
    let mut frozen = 0;
    for run in runs {
        frozen += usize::from(run.await.unwrap());
    }
    assert!(frozen >= 6, "{frozen}");
}

/// Another connection can be had: it reads first what took effect, and each step is done once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_lost_answer_the_history_is_read_first() {
    let mut runs = Vec::new();
    for after in 3..=10 {
        runs.push(tokio::spawn(async move {
            let db = fresh().await;
            let freezer = Freezer::start(Some(place(&db)), after, true).await;
            let migrator = impatient(three()).live(ambix::events::Live::Steps).observe(|_| {});
            let run = tokio::time::timeout(ANY, migrator.run_pending(&freezer.url(&db))).await;
            match run.unwrap_or_else(|_| panic!("after {after}: it hangs")) {
                Ok(_) => {}
                // The first connection has no history that could be read.
                Err(error) => {
                    assert!(format!("{error:#}").contains("answer"), "after {after}: {error}")
                }
            }
            three().run_pending(&db.url).await.unwrap();
            assert_eq!(db.tables().await, ["t1", "t2", "t3"], "after {after}");
        }));
    }
    for run in runs {
        run.await.unwrap();
    }
}
