//! A TCP proxy for PostgreSQL's protocol: it counts round trips, holds back both directions, and cuts connections.
//!
//! Used by the integration tests and the benchmarks with `#[path]`. It needs a tokio runtime with I/O and time.
#![allow(dead_code)] // No user needs all of it.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

/// A proxy on a free port of 127.0.0.1. When it is dropped, its connections are closed.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    accept: JoinHandle<()>,
}

/// Where a connection is cut. Counting begins at 1 with the proxy, and again with [`Proxy::reset`] and
/// [`Proxy::cut_at`]; all connections count together, and what belongs to connecting does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Before the n-th request is forwarded: it never arrives. A request is what the server answers with one
    /// ReadyForQuery: a simple query, or the messages up to a Sync.
    Request(u64),
    /// When the server has done the n-th request: nothing of its answer arrives.
    Answer(u64),
    /// Before the n-th message of the server is forwarded: part of an answer arrives.
    Message(u64),
}

/// What has passed since the start or the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    connections: u64,
    requests: u64,
    answers: u64,
    messages: u64,
}

#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    /// The cut, until it is made, and the counts since it was asked for.
    cut: Option<Cut>,
    since: Counts,
    cuts: u64,
    /// How much later than usual what is read from now on goes out.
    lag: Duration,
}

#[derive(Debug, Default)]
struct State(Mutex<Seen>);

impl State {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Numbers cannot be left half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, add: impl Fn(&mut Counts)) {
        self.lock().count(add);
    }
}

impl Seen {
    fn count(&mut self, add: impl Fn(&mut Counts)) {
        add(&mut self.counts);
        add(&mut self.since);
    }

    fn cut(&mut self) -> Verdict {
        self.cut = None;
        self.cuts += 1;
        Verdict::Cut
    }
}

impl Proxy {
    /// Listens on a free port and forwards to a server, everything `delay` later, in both directions.
    ///
    /// Only what is sent is held back: connecting costs no extra time before its first message.
    pub(crate) async fn start(host: &str, port: u16, delay: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(State::default());
        let accept =
            tokio::spawn(accept(listener, (host.to_owned(), port), delay, Arc::clone(&state)));
        Ok(Self { address, state, accept })
    }

    /// The same, for the server of a URL.
    pub(crate) async fn start_for(url: &str, delay: Duration) -> io::Result<Self> {
        let unreadable =
            || io::Error::new(io::ErrorKind::InvalidInput, "the URL has no host and port");
        let place = &url[host_range(url).ok_or_else(unreadable)?];
        let (host, port) = place
            .rsplit_once(':')
            .filter(|(_, port)| !port.contains(']'))
            .unwrap_or((place, "5432"));
        Self::start(host.trim_matches(['[', ']']), port.parse().map_err(|_| unreadable())?, delay)
            .await
    }

    /// A URL with the proxy in the place of its server, and without encryption, which would hide the messages.
    pub(crate) fn url(&self, original: &str) -> String {
        let mut url = original.to_owned();
        if let Some(range) = host_range(original) {
            url.replace_range(range, &self.address.to_string());
        }
        if !url.contains("sslmode=") {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str("sslmode=disable");
        }
        url
    }

    /// How many connections were opened.
    pub(crate) fn connections(&self) -> u64 {
        self.state.lock().counts.connections
    }

    /// How often the server said that it is ready for the next query; the first time of each connection, which belongs
    /// to connecting, not counted.
    pub(crate) fn round_trips(&self) -> u64 {
        self.state.lock().counts.answers
    }

    /// How many messages came from the server once a connection was open: by which to choose [`Cut::Message`].
    pub(crate) fn messages(&self) -> u64 {
        self.state.lock().counts.messages
    }

    /// Counts from zero again. A cut that was not made yet is forgotten.
    pub(crate) fn reset(&self) {
        *self.state.lock() = Seen::default();
    }

    /// Cuts one connection at the given place, counted from now. The connections after it go through.
    pub(crate) fn cut_at(&self, cut: Cut) {
        let mut seen = self.state.lock();
        seen.since = Counts::default();
        seen.cut = Some(cut);
    }

    /// Holds back what is read from now on, in both directions, longer than it was started with.
    pub(crate) fn lag(&self, lag: Duration) {
        self.state.lock().lag = lag;
    }

    /// How many connections were cut where they were told to.
    pub(crate) fn cuts(&self) -> u64 {
        self.state.lock().cuts
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The connections belong to this task and end with it.
        self.accept.abort();
    }
}

/// Where in a URL `host:port` stands.
fn host_range(url: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("://")? + 3;
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let start = url[start..end].rfind('@').map_or(start, |at| start + at + 1);
    Some(start..end)
}

async fn accept(
    listener: TcpListener,
    upstream: (String, u16),
    delay: Duration,
    state: Arc<State>,
) {
    let mut connections = JoinSet::new();
    // An accept that fails (too many open files, say) shows as a connection that fails at the client.
    while let Ok((client, _)) = listener.accept().await {
        while connections.try_join_next().is_some() {}
        state.count(|counts| counts.connections += 1);
        let (upstream, state) = (upstream.clone(), Arc::clone(&state));
        connections.spawn(async move {
            // Whatever goes wrong, both sides see a closed connection.
            let _ = connection(client, upstream, delay, state).await;
        });
    }
}

async fn connection(
    client: TcpStream,
    upstream: (String, u16),
    delay: Duration,
    state: Arc<State>,
) -> io::Result<()> {
    let server = TcpStream::connect(upstream).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let (up, up_out) = mpsc::unbounded_channel();
    let (down, down_out) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    let requests = Requests { state: Arc::clone(&state) };
    let mut answers = Answers { state: Arc::clone(&state), ready: false };
    let late = move || delay + state.lock().lag;
    tasks.spawn(read(
        from_client,
        Frames::of_client(),
        move |head| requests.judge(head),
        up,
        late.clone(),
    ));
    tasks.spawn(read(
        from_server,
        Frames::of_server(),
        move |head| answers.judge(head),
        down,
        late,
    ));
    tasks.spawn(write(to_server, up_out));
    tasks.spawn(write(to_client, down_out));
    while let Some(ended) = tasks.join_next().await {
        // An error, which a cut is, ends all four, since the others are dropped; an end of one side is passed on.
        ended.map_err(io::Error::other)??;
    }
    Ok(())
}

/// What happens to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Forward,
    Swallow,
    Cut,
}

/// The head of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// The first message of a client, which has no tag but a code.
    Startup(u32),
    Tagged(u8),
}

const SSL_REQUEST: u32 = 80_877_103;
const GSS_REQUEST: u32 = 80_877_104;

struct Requests {
    state: Arc<State>,
}

impl Requests {
    fn judge(&self, head: Head) -> Verdict {
        match head {
            // The answer to these is a single byte and then no longer ours to read.
            Head::Startup(SSL_REQUEST | GSS_REQUEST) => return Verdict::Cut,
            // A password, and the goodbye.
            Head::Startup(_) | Head::Tagged(b'p' | b'X') => return Verdict::Forward,
            Head::Tagged(_) => {}
        }
        let mut seen = self.state.lock();
        if seen.cut == Some(Cut::Request(seen.since.requests + 1)) {
            return seen.cut();
        }
        if matches!(head, Head::Tagged(b'Q' | b'S' | b'F')) {
            seen.count(|counts| counts.requests += 1);
        }
        Verdict::Forward
    }
}

struct Answers {
    state: Arc<State>,
    /// Whether the connection is open.
    ready: bool,
}

impl Answers {
    fn judge(&mut self, head: Head) -> Verdict {
        let is_end = head == Head::Tagged(b'Z');
        if !self.ready {
            self.ready = is_end;
            return Verdict::Forward;
        }
        let mut seen = self.state.lock();
        seen.count(|counts| {
            counts.messages += 1;
            counts.answers += u64::from(is_end);
        });
        // The number of the answer that this message belongs to.
        let answer = seen.since.answers + u64::from(!is_end);
        match seen.cut {
            Some(Cut::Message(n)) if n == seen.since.messages => seen.cut(),
            // The server may still be at work until it is ready again.
            Some(Cut::Answer(n)) if n == answer && !is_end => Verdict::Swallow,
            Some(Cut::Answer(n)) if n == answer => seen.cut(),
            _ => Verdict::Forward,
        }
    }
}

/// Finds the messages in a stream, wherever the packets begin and end.
struct Frames {
    startup: bool,
    /// The head of the next message, as far as it has come. It is held until it is complete, so that a message can be
    /// kept back as a whole.
    head: Vec<u8>,
    /// How much of the present message is still to come, and whether it is forwarded.
    left: usize,
    forward: bool,
}

impl Frames {
    fn of_client() -> Self {
        Self { startup: true, head: Vec::new(), left: 0, forward: true }
    }

    fn of_server() -> Self {
        Self { startup: false, ..Self::of_client() }
    }

    /// Adds to `out` what is forwarded; true where the connection is cut after that.
    fn feed(
        &mut self,
        mut bytes: &[u8],
        out: &mut Vec<u8>,
        judge: &mut impl FnMut(Head) -> Verdict,
    ) -> io::Result<bool> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (now, later) = bytes.split_at(self.left.min(bytes.len()));
                if self.forward {
                    out.extend_from_slice(now);
                }
                self.left -= now.len();
                bytes = later;
                continue;
            }
            let size = if self.startup { 8 } else { 5 };
            let (now, later) = bytes.split_at((size - self.head.len()).min(bytes.len()));
            self.head.extend_from_slice(now);
            bytes = later;
            if self.head.len() < size {
                break;
            }
            let number = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|n| self.head[at + n]));
            // The length counts itself, and not the tag.
            let (head, length) = match self.startup {
                true => (Head::Startup(number(4)), number(0).checked_sub(8)),
                false => (Head::Tagged(self.head[0]), number(1).checked_sub(4)),
            };
            let invalid =
                || io::Error::new(io::ErrorKind::InvalidData, "this is not PostgreSQL's protocol");
            self.left = usize::try_from(length.ok_or_else(invalid)?).map_err(|_| invalid())?;
            self.startup = false;
            match judge(head) {
                Verdict::Cut => return Ok(true),
                verdict => self.forward = verdict == Verdict::Forward,
            }
            if self.forward {
                out.append(&mut self.head);
            }
            self.head.clear();
        }
        Ok(false)
    }
}

/// A piece of the delay line: bytes, or none where the connection is cut, and when they are due.
type Piece = (Instant, Option<Vec<u8>>);

async fn read(
    mut from: OwnedReadHalf,
    mut frames: Frames,
    mut judge: impl FnMut(Head) -> Verdict,
    line: mpsc::UnboundedSender<Piece>,
    delay: impl Fn() -> Duration,
) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer).await?;
        if count == 0 {
            return Ok(()); // The line ends when what is in it has been written.
        }
        let due = Instant::now() + delay();
        let mut out = Vec::with_capacity(count);
        let cut = frames.feed(&buffer[..count], &mut out, &mut judge)?;
        // The other end of the line is gone only where the connection is.
        let _ = line.send((due, Some(out)));
        if cut {
            let _ = line.send((due, None));
            return Ok(());
        }
    }
}

async fn write(mut to: OwnedWriteHalf, mut line: mpsc::UnboundedReceiver<Piece>) -> io::Result<()> {
    while let Some((due, bytes)) = line.recv().await {
        sleep_until(due).await?;
        let Some(bytes) = bytes else { return Err(io::ErrorKind::ConnectionAborted.into()) };
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}

/// Tokio's clock ticks in milliseconds, of which every delay would cost up to one more; a thread sleeps exactly.
async fn sleep_until(due: Instant) -> io::Result<()> {
    let left = due.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Ok(());
    }
    tokio::task::spawn_blocking(move || {
        std::thread::sleep(due.saturating_duration_since(Instant::now()))
    })
    .await
    .map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(tag: u8, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 4).unwrap();
        [&[tag], &length.to_be_bytes()[..], body].concat()
    }

    fn startup() -> Vec<u8> {
        [&12_u32.to_be_bytes()[..], &196_608_u32.to_be_bytes(), b"x\0\0\0"].concat()
    }

    #[test]
    fn messages_are_found_wherever_the_packets_end() {
        let stream = [
            startup(),
            message(b'Q', b"Z"),
            message(b'P', b""),
            message(b'S', b""),
            message(b'X', b""),
        ]
        .concat();
        for size in 1..=stream.len() {
            let (mut frames, mut out, mut heads) = (Frames::of_client(), Vec::new(), Vec::new());
            for packet in stream.chunks(size) {
                let mut judge = |head| {
                    heads.push(head);
                    Verdict::Forward
                };
                assert!(!frames.feed(packet, &mut out, &mut judge).unwrap());
            }
            assert_eq!(out, stream);
            let tags = [b'Q', b'P', b'S', b'X'].map(Head::Tagged);
            assert_eq!(heads, [&[Head::Startup(196_608)], &tags[..]].concat());
        }
    }

    /// Answers each query with two messages.
    async fn server() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    async fn serve(listener: TcpListener) -> u64 {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 100];
        client.read_exact(&mut buffer[..12]).await.unwrap();
        client.write_all(&message(b'Z', b"I")).await.unwrap();
        let mut queries = 0;
        while client.read_exact(&mut buffer[..6]).await.is_ok() {
            queries += 1;
            let answer = [message(b'C', b"done"), message(b'Z', b"I")].concat();
            if client.write_all(&answer).await.is_err() {
                break;
            }
        }
        queries
    }

    /// What the client got of three queries, and how many of them the server saw.
    async fn three_queries(cut: Option<Cut>, delay: Duration) -> (Vec<u8>, u64, Proxy, Duration) {
        let (listener, port) = server().await;
        let proxy = Proxy::start("127.0.0.1", port, delay).await.unwrap();
        if let Some(cut) = cut {
            proxy.cut_at(cut);
        }
        let server = tokio::spawn(serve(listener));
        let mut client = TcpStream::connect(proxy.address).await.unwrap();
        let mut got = vec![0; 6];
        let started = Instant::now();
        client.write_all(&startup()).await.unwrap();
        client.read_exact(&mut got).await.unwrap();
        got.clear();
        for _ in 0..3 {
            let mut answer = [0; 15];
            if client.write_all(&message(b'Q', b"1")).await.is_err() {
                break;
            }
            let mut size = 0;
            while size < 15 {
                match client.read(&mut answer[size..]).await {
                    Ok(0) | Err(_) => break,
                    Ok(count) => size += count,
                }
            }
            got.extend_from_slice(&answer[..size]);
            if size < 15 {
                break;
            }
        }
        let elapsed = started.elapsed();
        drop(client);
        (got, server.await.unwrap(), proxy, elapsed)
    }

    #[tokio::test]
    async fn round_trips_are_counted_and_held_back() {
        let delay = Duration::from_millis(20);
        let (got, queries, proxy, elapsed) = three_queries(None, delay).await;
        assert_eq!((got.len(), queries), (45, 3));
        assert_eq!(
            (proxy.connections(), proxy.round_trips(), proxy.messages(), proxy.cuts()),
            (1, 3, 6, 0)
        );
        assert!(elapsed >= delay * 8, "{elapsed:?}");
        proxy.reset();
        assert_eq!((proxy.connections(), proxy.round_trips()), (0, 0));
    }

    #[tokio::test]
    async fn connections_are_cut_where_they_are_told_to() {
        // Where, what the client gets, what the server sees.
        let cases = [
            (Cut::Request(1), 0, 0),
            (Cut::Request(3), 30, 2),
            (Cut::Answer(1), 0, 1),
            (Cut::Answer(3), 30, 3),
            (Cut::Message(1), 0, 1),
            (Cut::Message(4), 24, 2),
        ];
        for (cut, bytes, seen) in cases {
            let (got, queries, proxy, _) = three_queries(Some(cut), Duration::ZERO).await;
            assert_eq!((got.len(), queries, proxy.cuts()), (bytes, seen, 1), "{cut:?}");
        }
    }

    #[tokio::test]
    async fn urls_lead_to_the_proxy() {
        let proxy = Proxy::start_for("postgres://me:p@ss@db.example:6000/app", Duration::ZERO)
            .await
            .unwrap();
        let place = proxy.address;
        assert_eq!(
            proxy.url("postgres://me:p@db:1/app"),
            format!("postgres://me:p@{place}/app?sslmode=disable")
        );
        assert_eq!(
            proxy.url("postgres://db?a=b"),
            format!("postgres://{place}?a=b&sslmode=disable")
        );
        assert!(Proxy::start_for("postgres", Duration::ZERO).await.is_err());
    }
}
