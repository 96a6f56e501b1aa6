//! Connections that are opened before their first request is ready.
//!
//! It opens connections and passes them on; it never sends a byte of HTTP.
//!
//! A task contacts two hosts, and the second request needs the first answer. If the connections were opened one after
//! the other, they would cost six round trips (TCP, TLS and request, twice); with the second host's TCP and TLS
//! handshakes during the first request, they cost four.

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tower::util::BoxCloneSyncService;
use tower::{BoxError, Layer, Service};

tokio::task_local! {
    /// What the current task needs from the connector. reqwest calls its connector in the task that sends the
    /// request, but hides the address from layers, so this variable holds it.
    static PURPOSE: Purpose;
}

#[derive(Clone)]
struct Purpose {
    origin: String,
    open_only: bool,
}

/// Runs `sending`, which opens a connection to `origin` and then fails intentionally, before HTTP starts.
pub(crate) async fn open_only<F: Future>(origin: String, sending: F) -> F::Output {
    let purpose = Purpose {
        origin,
        open_only: true,
    };
    PURPOSE.scope(purpose, sending).await
}

/// Runs `sending`, which uses a connection to `origin` that was opened ahead, if there is one.
pub(crate) async fn take_opened<F: Future>(origin: String, sending: F) -> F::Output {
    let purpose = Purpose {
        origin,
        open_only: false,
    };
    PURPOSE.scope(purpose, sending).await
}

/// The layer around reqwest's connector.
#[derive(Clone, Copy)]
pub(crate) struct EarlyConnections;

impl<T, C, E> Layer<BoxCloneSyncService<T, C, E>> for EarlyConnections {
    type Service = Connector<T, C, E>;

    fn layer(&self, inner: BoxCloneSyncService<T, C, E>) -> Self::Service {
        Connector {
            inner,
            opened: Arc::default(),
        }
    }
}

/// Connections in progress or ready, by origin.
type Opened<C, E> = Arc<Mutex<HashMap<String, Vec<JoinHandle<Result<C, E>>>>>>;

pub(crate) struct Connector<T, C, E> {
    inner: BoxCloneSyncService<T, C, E>,
    opened: Opened<C, E>,
}

impl<T, C, E> Clone for Connector<T, C, E> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            opened: self.opened.clone(),
        }
    }
}

impl<T, C> Service<T> for Connector<T, C, BoxError>
where
    T: Send + 'static,
    C: Send + 'static,
{
    type Response = C;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<C, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, destination: T) -> Self::Future {
        let Ok(purpose) = PURPOSE.try_with(Purpose::clone) else {
            return Box::pin(self.inner.call(destination));
        };
        if purpose.open_only {
            let opening = tokio::spawn(self.inner.call(destination));
            let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
            opened.entry(purpose.origin).or_default().push(opening);
            return Box::pin(async { Err("opened ahead of its request".into()) });
        }
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        let ready = opened.get_mut(&purpose.origin).and_then(Vec::pop);
        drop(opened);
        match ready {
            Some(opening) => Box::pin(async { opening.await? }),
            None => Box::pin(self.inner.call(destination)),
        }
    }
}
