//! Many pending migrations, near and far.

use std::time::Duration;

use crate::{
    corpus::Corpus,
    cpu::Watch,
    measure::{Bench, Result, Samples, Table, time},
    proxy::Proxy,
    server::{Contender, Server},
};

const CONTENDERS: [Contender; 6] = [
    Contender::Ambix,
    Contender::AmbixAll,
    Contender::Sqlx,
    Contender::Refinery,
    Contender::RefineryGrouped,
    Contender::Psql,
];

fn at(contender: Contender) -> usize {
    CONTENDERS.iter().position(|c| *c == contender).unwrap_or_default()
}

/// The server next door.
pub(crate) async fn pending(server: &Server, bench: &mut Bench) -> Result<()> {
    let count = bench.count.unwrap_or(1_000);
    let corpus = Corpus::new(count)?;
    let rounds = bench.rounds.unwrap_or(5);
    // The clock, and the processor time of server and client.
    let mut samples = vec![Samples::default(); CONTENDERS.len()];
    let mut processor = vec![[Samples::default(), Samples::default()]; CONTENDERS.len()];
    let mut watch = Watch::new(server.url()).await?;
    for round in 0..rounds + 1 {
        for turn in 0..CONTENDERS.len() {
            let who = (turn + round) % CONTENDERS.len();
            let database = server.database().await?;
            let before = watch.now().await?;
            let elapsed = CONTENDERS[who].run(&database.url, &corpus).await?;
            let after = watch.now().await?;
            database.drop().await?;
            // The first round warms the server.
            if round > 0 {
                samples[who].push(elapsed);
                for at in 0..2 {
                    processor[who][at].push(after[at].saturating_sub(before[at]));
                }
            }
        }
    }
    watch.close().await?;
    let mut table = Table::new([
        "",
        "time",
        "range",
        "x sqlx",
        "x refinery",
        "x psql",
        "server CPU",
        "client CPU",
        "both x psql",
    ]);
    let ratio = |who: usize, to: Contender| samples[who].median() / samples[at(to)].median();
    let both = |who: usize| processor[who][0].median() + processor[who][1].median();
    for (who, contender) in CONTENDERS.iter().enumerate() {
        let shown = |to| format!("{:.2}", ratio(who, to));
        table.row([
            contender.name().to_owned(),
            time(samples[who].median()),
            samples[who].range(),
            shown(Contender::Sqlx),
            shown(Contender::Refinery),
            shown(Contender::Psql),
            time(processor[who][0].median()),
            time(processor[who][1].median()),
            format!("{:.2}", both(who) / both(at(Contender::Psql))),
        ]);
    }
    table.print(&format!(
        "{count} pending, a table and an index each, connecting included (medians of {rounds})"
    ));
    let of = |who, to| ratio(at(who), to);
    bench.goal("pending: ambix ahead of sqlx", of(Contender::Ambix, Contender::Sqlx), 1.0);
    bench.goal("pending: ambix ahead of refinery", of(Contender::Ambix, Contender::Refinery), 1.0);
    bench.goal(
        "pending: `transaction all` ahead of refinery's",
        of(Contender::AmbixAll, Contender::RefineryGrouped),
        1.0,
    );
    bench.goal(
        "pending: `transaction all` at most 1.1 x psql -1 -f",
        of(Contender::AmbixAll, Contender::Psql),
        1.1,
    );
    Ok(())
}

/// The server 5 ms away in each direction, beside the same proxy without a delay.
pub(crate) async fn latency(server: &Server, bench: &mut Bench) -> Result<()> {
    let delay = Duration::from_millis(5);
    let count = bench.count.unwrap_or(200);
    let corpus = Corpus::new(count)?;
    let rounds = bench.rounds.unwrap_or(3).min(5);
    let mut near = vec![Samples::default(); CONTENDERS.len()];
    let mut far = near.clone();
    let mut trips = vec![0; CONTENDERS.len()];
    for round in 0..rounds {
        for turn in 0..CONTENDERS.len() {
            let who = (turn + round) % CONTENDERS.len();
            for (delay, samples) in [(Duration::ZERO, &mut near), (delay, &mut far)] {
                let (elapsed, counted) = through(server, CONTENDERS[who], delay, &corpus).await?;
                samples[who].push(elapsed);
                trips[who] = counted;
            }
        }
    }
    let mut table = Table::new([
        "",
        "no delay",
        "5 ms",
        "x sqlx",
        "x refinery",
        "added",
        "in round trips",
        "counted",
    ]);
    let ratio = |who: usize, to: Contender| far[who].median() / far[at(to)].median();
    for (who, contender) in CONTENDERS.iter().enumerate() {
        let added = far[who].median() - near[who].median();
        table.row([
            contender.name().to_owned(),
            time(near[who].median()),
            time(far[who].median()),
            format!("{:.2}", ratio(who, Contender::Sqlx)),
            format!("{:.2}", ratio(who, Contender::Refinery)),
            time(added),
            format!("{:.1}", added / (2.0 * delay.as_secs_f64())),
            trips[who].to_string(),
        ]);
    }
    table.print(&format!(
        "{count} pending, through a proxy that adds 5 ms in each direction, connecting included but not counted (medians of {rounds})"
    ));
    let of = |who, to| ratio(at(who), to);
    bench.goal(
        "pending 5 ms away: ambix ahead of sqlx",
        of(Contender::Ambix, Contender::Sqlx),
        1.0,
    );
    bench.goal(
        "pending 5 ms away: ambix ahead of refinery",
        of(Contender::Ambix, Contender::Refinery),
        1.0,
    );
    bench.goal(
        "pending 5 ms away: `transaction all` ahead of refinery's",
        of(Contender::AmbixAll, Contender::RefineryGrouped),
        1.0,
    );
    growth(server, bench).await
}

/// How the round trips grow with the number of migrations.
async fn growth(server: &Server, bench: &mut Bench) -> Result<()> {
    let mut table = Table::new(["round trips for", "10 pending", "100", "1,000"]);
    let mut last = [0.0; 2];
    for (who, contender) in [Contender::Ambix, Contender::AmbixAll].into_iter().enumerate() {
        let mut row = vec![contender.name().to_owned()];
        for count in [10, 100, 1_000] {
            let (_, trips) =
                through(server, contender, Duration::ZERO, &Corpus::new(count)?).await?;
            last[who] = f64::from(u32::try_from(trips)?);
            row.push(trips.to_string());
        }
        table.row(<[String; 4]>::try_from(row).unwrap_or_default());
    }
    table.print("round trips, connecting not counted");
    bench.goal(
        "1,000 pending, a transaction each: about independent of latency, round trips",
        last[0],
        12.0,
    );
    bench.goal("1,000 pending, `transaction all`: a constant number of round trips", last[1], 5.0);
    Ok(())
}

async fn through(
    server: &Server,
    contender: Contender,
    delay: Duration,
    corpus: &Corpus,
) -> Result<(Duration, u64)> {
    let database = server.database().await?;
    let proxy = Proxy::start_for(&database.url, delay).await?;
    let elapsed = contender.run(&proxy.url(&database.url), corpus).await?;
    let trips = proxy.round_trips();
    drop(proxy);
    database.drop().await?;
    Ok((elapsed, trips))
}
