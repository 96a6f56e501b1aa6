//! One service: its address, the requests that arrived, and the faults to come.
//!
//! It does not know the service's answers; the service's own file does.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::fault::Fault;
use crate::http::{Answer, Reply, Request};

/// A running service.
#[derive(Debug)]
pub struct Service {
    url: String,
    port: u16,
    started: Instant,
    inner: Mutex<Inner>,
    arrived: Condvar,
    connections: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Inner {
    arrivals: Vec<Arrival>,
    next: VecDeque<Fault>,
    always: Option<Fault>,
    throttle: Option<u32>,
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Time since the service started.
    pub at: Duration,
    /// Method and path.
    pub request: String,
    /// Names of the headers, in lowercase.
    pub headers: Vec<String>,
    /// Status of the service's answer; `None` if a fault replaced it.
    pub status: Option<u16>,
}

impl Service {
    pub(crate) fn new(url: String, port: u16) -> Self {
        Self {
            url,
            port,
            started: Instant::now(),
            inner: Mutex::default(),
            arrived: Condvar::new(),
            connections: Arc::default(),
        }
    }

    /// Base address, with a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port, as error messages have them.
    #[must_use]
    pub fn host(&self) -> String {
        format!("localhost:{}", self.port)
    }

    /// Port on this machine.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Number of connections that were opened, with or without a request.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// The counter of connections.
    pub(crate) fn connection_count(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.connections)
    }

    /// All requests, in order.
    #[must_use]
    pub fn arrivals(&self) -> Vec<Arrival> {
        self.lock().arrivals.clone()
    }

    /// Methods and paths of all requests, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        self.lock()
            .arrivals
            .iter()
            .map(|arrival| arrival.request.clone())
            .collect()
    }

    /// Waits until this many requests have arrived.
    pub fn wait_for_requests(&self, count: usize) {
        let waiting =
            self.arrived
                .wait_timeout_while(self.lock(), Duration::from_secs(120), |inner| {
                    inner.arrivals.len() < count
                });
        let (inner, _) = waiting.unwrap_or_else(PoisonError::into_inner);
        assert!(
            inner.arrivals.len() >= count,
            "only {} requests arrived",
            inner.arrivals.len()
        );
    }

    /// Applies this fault to the next request that has none yet.
    pub fn fault(&self, fault: Fault) {
        self.lock().next.push_back(fault);
    }

    /// Applies this fault to every request from now on.
    pub fn always(&self, fault: Fault) {
        self.lock().always = Some(fault);
    }

    /// Removes all faults.
    pub fn recover(&self) {
        let mut inner = self.lock();
        inner.next.clear();
        inner.always = None;
    }

    /// Answers 429 with `Retry-After: 1` to all but the first `limit` requests of each second.
    pub fn throttle(&self, limit: u32) {
        self.lock().throttle = Some(limit);
    }

    /// Records a request, and applies the next fault.
    pub(crate) fn handle(
        &self,
        request: &Request,
        service: impl FnOnce(&Request) -> Answer,
    ) -> Reply {
        let at = self.started.elapsed();
        let (index, fault) = {
            let mut inner = self.lock();
            self.arrived.notify_all();
            inner.arrivals.push(Arrival {
                at,
                request: format!("{} {}", request.method, request.path),
                headers: request
                    .headers
                    .iter()
                    .map(|(name, _)| name.to_lowercase())
                    .collect(),
                status: None,
            });
            let index = inner.arrivals.len() - 1;
            let crowded = inner
                .throttle
                .is_some_and(|limit| inner.accepted_in(at.as_secs()) >= limit as usize);
            let fault = if crowded {
                let retry = vec![("Retry-After".to_owned(), "1".to_owned())];
                Some(Fault::Status(429, retry, String::new()))
            } else {
                inner.next.pop_front().or_else(|| inner.always.clone())
            };
            if fault.is_none() && inner.throttle.is_some() {
                // Recorded before it is answered, so that concurrent requests count.
                inner.arrivals[index].status = Some(200);
            }
            (index, fault)
        };
        let mut status = None;
        let answer = |request: &Request| {
            let answer = service(request);
            status = Some(answer.status);
            answer
        };
        let reply = match fault {
            Some(fault) => fault.apply(request, at, answer),
            None => Reply::Answer(answer(request)),
        };
        self.lock().arrivals[index].status = status;
        reply
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// How many requests of one second were accepted.
    fn accepted_in(&self, second: u64) -> usize {
        let in_second =
            |arrival: &&Arrival| arrival.at.as_secs() == second && arrival.status.is_some();
        self.arrivals
            .iter()
            .rev()
            .take(5000)
            .filter(in_second)
            .count()
    }
}

/// A service that several threads share.
pub(crate) type SharedService = Arc<Service>;
