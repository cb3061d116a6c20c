//! A web service that migrates its database in `main()`, as every one of its replicas does.
//!
//! `DATABASE_URL=postgres://... cargo run --example service --features postgres [-- --once]`
//!
//! `/live` answers 200 as soon as the process runs. `/ready` answers 503 until the schema is up to date,
//! even while another replica holds the migration lock, and 200 from then on. A failed migration ends the process with exit code 1.

use std::{
    env, io,
    process::ExitCode,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ambix::{Migrator, options::Lock};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

static MIGRATIONS: ambix::Dir<'_> = ambix::include_dir!("$CARGO_MANIFEST_DIR/migrations/postgres");

/// The answer of the readiness probe.
static READY: AtomicBool = AtomicBool::new(false);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    // ambix logs with `tracing`: a start with nothing to do is silent above DEBUG.
    tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), BoxError> {
    // Answer the probes first, to show that this replica is alive.
    let listener =
        TcpListener::bind(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:0")).await?;
    let address = listener.local_addr()?;
    tracing::info!("listening on {address}");
    let server = tokio::spawn(serve(listener));

    let pool = migrated_pool().await?;
    READY.store(true, Ordering::Release);
    tracing::info!("ready");

    if env::args().any(|argument| argument == "--once") {
        let mut probe = TcpStream::connect(address).await?;
        probe.write_all(b"GET /ready HTTP/1.1\r\n\r\n").await?;
        let mut answer = String::new();
        probe.read_to_string(&mut answer).await?;
        println!("{}", answer.lines().next().unwrap_or_default());
        pool.close().await;
        return Ok(());
    }
    Ok(server.await??)
}

/// Connects the service's pool and brings the schema up to date.
async fn migrated_pool() -> Result<PgPool, BoxError> {
    let url = env::var("DATABASE_URL").or_else(|_| env::var("AMBIX_TEST_POSTGRES_URL"));
    let url = url.map_err(|_| "set DATABASE_URL to a PostgreSQL database")?;
    let pool = PgPoolOptions::new().max_connections(5).connect_lazy(&url)?;

    let mut migrator =
        Migrator::new(&MIGRATIONS)?.application("service", env!("CARGO_PKG_VERSION"));
    if let Ok(seconds) = env::var("MIGRATION_WAIT_SECONDS") {
        // The default is five minutes. A service that is restarted when it gives up can give up earlier.
        migrator = migrator.lock(Lock::session().wait(Duration::from_secs(seconds.parse()?)));
    }
    migrator.run_pending(&pool).await?;
    Ok(pool)
}

async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            // Do not stop because a client went away before the answer.
            let _ = answer(stream).await;
        });
    }
}

/// Just enough HTTP for a probe.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0; 1024];
    let length = stream.read(&mut request).await?;
    let (status, body) = match request[..length].split(|byte| *byte == b' ').nth(1) {
        Some(b"/live") => ("200 OK", "alive"),
        _ if !READY.load(Ordering::Acquire) => ("503 Service Unavailable", "migrating"),
        _ => ("200 OK", "ready"),
    };
    let length = body.len();
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(answer.as_bytes()).await
}
