//! What a program's log shows: spans and events, and nothing above DEBUG where there is nothing to do.
#![cfg(feature = "sqlite")]

use std::sync::{Arc, Mutex};

use tracing::{Level, Subscriber, field::Visit, span};
use tracing_subscriber::{Layer, layer::Context, layer::SubscriberExt, registry::LookupSpan};

mod support;

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(Level, String)>>>);

#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Seen {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        if attributes.metadata().target().starts_with("ambix") {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            let text = format!("span {}{}", attributes.metadata().name(), fields.0);
            self.0.lock().unwrap().push((Level::TRACE, text));
        }
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        self.0.lock().unwrap().push((Level::TRACE, format!("record{}", fields.0)));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.0.lock().unwrap().push((
            *event.metadata().level(),
            format!("{}{}", event.metadata().target(), fields.0),
        ));
    }
}

#[tokio::test]
async fn a_run_is_told_and_a_start_without_work_is_silent() {
    let seen = Seen::default();
    let _guard =
        tracing::subscriber::set_default(tracing_subscriber::registry().with(seen.clone()));
    let pool = sqlx::SqlitePool::connect("sqlite::memory:").await.unwrap();
    seen.0.lock().unwrap().clear();
    support::three().run_pending(&pool).await.unwrap();
    let first = std::mem::take(&mut *seen.0.lock().unwrap());
    let has = |text: &str| first.iter().filter(|(_, line)| line.contains(text)).count();
    assert_eq!(has("span ambix.run verb=\"run_pending\" database=\"sqlite\""), 1, "{first:#?}");
    assert_eq!(has("span ambix.step revision=r"), 3, "{first:#?}");
    assert_eq!(has("statements=1"), 3, "{first:#?}");
    assert!(has("record duration_us=") + has(" duration_us=") >= 4, "{first:#?}");
    assert_eq!(
        first
            .iter()
            .filter(|(level, line)| *level == Level::INFO && line.starts_with("ambix"))
            .count(),
        4,
        "{first:#?}"
    );

    support::three().run_pending(&pool).await.unwrap();
    let second = std::mem::take(&mut *seen.0.lock().unwrap());
    let loud: Vec<_> = second
        .iter()
        .filter(|(level, line)| *level <= Level::INFO && line.starts_with("ambix"))
        .collect();
    assert!(loud.is_empty(), "{loud:#?}");
}
