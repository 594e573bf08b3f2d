//! The HTTP service: metrics, and whether the node is well.
//!
//! | path | answers |
//! |---|---|
//! | `/metrics` | a look at the node, as Prometheus reads it |
//! | `/healthz` | 200 as long as the service runs |
//! | `/readyz` | 200 if a snapshot is live and its set has not ended; else 503, saying why |
//!
//! Each answer is a new look, a read of the state; one at a time.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::look::{Look, Observer};
use crate::{clock, metrics};

type Shared = Arc<Mutex<Observer>>;

/// Serves until SIGTERM or SIGINT.
///
/// # Errors
/// If the service cannot go on.
pub async fn serve(listener: TcpListener, observer: Observer) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("registering for signals")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("registering for signals")?;
    let stopped = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    axum::serve(listener, router(observer)).with_graceful_shutdown(stopped).await.context("serving")
}

fn router(observer: Observer) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Mutex::new(observer)))
}

async fn metrics(State(shared): State<Shared>) -> Response {
    match look(&shared).and_then(metrics::text) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => unavailable(&format!("{error:#}")),
    }
}

async fn ready(State(shared): State<Shared>) -> Response {
    match look(&shared) {
        Ok(look) => why_not_ready(&look).map_or_else(|| "ready\n".into_response(), unavailable),
        Err(error) => unavailable(&format!("{error:#}")),
    }
}

fn look(shared: &Shared) -> anyhow::Result<Look> {
    shared.lock().unwrap_or_else(PoisonError::into_inner).look(clock::now())
}

fn why_not_ready(look: &Look) -> Option<&'static str> {
    if look.stats.generation == 0 {
        return Some("no snapshot is published");
    }
    let until = look.stats.snapshots_until_utc_sec;
    let is_over = until.is_some_and(|until| until.saturating_mul(1_000_000_000) <= look.now.utc_ns);
    is_over.then_some("the last snapshot of the set has ended: publish the plan again")
}

fn unavailable(why: &str) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}
