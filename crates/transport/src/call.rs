//! One call to a service: repeated until it is answered, permanently refused, or out of time.
//!
//! It never interprets an answer; the caller's `read` does.

use std::time::Duration;

use reqwest::{Request, RequestBuilder, Url};

use crate::address::host;
use crate::answer::{Answer, Body};
use crate::failure::{FailureCause, Service, ServiceFailure};
use crate::outcome::{Correlation, NoAnswer, NotTheService};
use crate::retry::{Attempt, Deadline, LAST_ATTEMPT, retry_until};
use crate::service_message::ServiceMessage;
use crate::transport::Transport;

/// After this time, users are notified of a wait.
pub const PATIENCE: Duration = Duration::from_secs(2);

/// The service of a call, and its limits.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The service.
    pub service: &'static Service,
    /// Its address.
    pub url: &'a Url,
    /// The end of all attempts.
    pub deadline: Deadline,
    /// Time limit for one attempt.
    pub time: Duration,
    /// Longest answer, in bytes.
    pub longest: usize,
}

/// A service's answer to one attempt.
#[derive(Debug)]
pub struct Reply {
    service: &'static Service,
    /// Host and port.
    pub host: String,
    /// Number of the attempt, starting at 1.
    pub attempt: u32,
    /// The answer.
    pub answer: Answer,
}

impl<'a> Call<'a> {
    /// A call with the limits for a small request: 15 seconds per attempt, 256 KiB.
    pub fn new(service: &'static Service, url: &'a Url, deadline: Deadline) -> Self {
        Self {
            service,
            url,
            deadline,
            time: crate::transport::ATTEMPT,
            longest: crate::transport::LONGEST_ANSWER,
        }
    }

    /// A failure before anything was sent, or without an answer.
    pub fn no_answer(&self, cause: NoAnswer, attempts: u32) -> ServiceFailure {
        ServiceFailure::no_answer(self.service, host(self.url), attempts, cause)
    }
}

impl Transport {
    /// Repeats the request until `read` returns a value or a permanent failure.
    ///
    /// # Errors
    /// The result of the last attempt.
    pub async fn call<T, E: From<ServiceFailure>>(
        &self,
        call: Call<'_>,
        request: impl Fn() -> RequestBuilder,
        read: impl Fn(&Reply) -> Result<T, Attempt<E>>,
    ) -> Result<T, E> {
        // A closure that returns its future, so that callers can be sent between threads.
        let (request, read) = (&request, &read);
        let calling = retry_until(call.deadline, |attempt| {
            self.call_once(call, attempt, request(), read)
        });
        self.telling(call.service, call.url, calling).await
    }

    /// Waits for a call, and notifies the user if a service has not answered for [`PATIENCE`].
    pub async fn telling<F: Future>(
        &self,
        service: &'static Service,
        url: &Url,
        calling: F,
    ) -> F::Output {
        let mut calling = std::pin::pin!(calling);
        tokio::select! {
            biased;
            done = &mut calling => return done,
            () = tokio::time::sleep(PATIENCE) => {}
        }
        let _shown = self.on_wait.map(|tell| tell(service, &host(url)));
        calling.await
    }

    /// Sends the request once.
    ///
    /// # Errors
    /// The result of the attempt.
    pub async fn call_once<T, E: From<ServiceFailure>>(
        &self,
        call: Call<'_>,
        attempt: u32,
        request: RequestBuilder,
        read: impl Fn(&Reply) -> Result<T, Attempt<E>>,
    ) -> Result<T, Attempt<E>> {
        // A credential that contains, for example, a line break cannot be a header; nothing was sent.
        let request = request.build().map_err(|_| {
            let cause = NoAnswer::Connection("the request cannot be written".to_owned());
            Attempt::Permanent(call.no_answer(cause, attempt).into())
        })?;
        read(&self.reply(call, attempt, request).await?)
    }

    /// The answer to one attempt. Not generic, so that the binary has it once.
    async fn reply(
        &self,
        call: Call<'_>,
        attempt: u32,
        request: Request,
    ) -> Result<Reply, ServiceFailure> {
        // A service that throttles its caller asks for a pause in the answer before; it delays requests that come
        // earlier, so the pause may be shortened.
        let delay = self.delay(call.url);
        if !delay.is_zero() {
            tokio::time::sleep(delay.min(call.deadline.left().saturating_sub(LAST_ATTEMPT))).await;
        }
        let time = call.deadline.left().min(call.time);
        let answer = self.send_within(request, time, call.longest).await;
        let answer = answer.map_err(|cause| call.no_answer(cause, attempt))?;
        self.delay_next(call.url, &answer);
        Ok(Reply::new(call.service, call.url, attempt, answer))
    }
}

impl Reply {
    /// An answer that was not received through a call.
    pub fn new(service: &'static Service, url: &Url, attempt: u32, answer: Answer) -> Self {
        Self {
            service,
            host: host(url),
            attempt,
            answer,
        }
    }

    /// HTTP status.
    pub fn status(&self) -> u16 {
        self.answer.status
    }

    /// The IDs with which the service's support finds the request.
    pub fn correlation(&self) -> Correlation {
        self.answer.correlation(self.service.correlation)
    }

    /// The failure for an answer of a service that is busy.
    pub fn busy(&self, message: Option<&ServiceMessage>) -> ServiceFailure {
        self.failure(FailureCause::Busy {
            status: self.status(),
            message: message.map(|message| message.text.clone()),
            retry_after: self.answer.retry_after(),
        })
    }

    /// The failure for an answer that is not the service's.
    pub fn not_the_service(&self, instead: NotTheService) -> ServiceFailure {
        self.failure(FailureCause::NotTheService {
            status: self.status(),
            instead,
        })
    }

    /// The failure for an answer of a service that always sends JSON: busy, cut off, or not the service's. `missing`
    /// is the field without which JSON is not its answer.
    pub fn not_an_answer(&self, body: Body, missing: &'static str) -> ServiceFailure {
        if self.answer.is_busy() {
            return self.busy(ServiceMessage::read(&self.answer, &body).as_ref());
        }
        match body {
            Body::Cut => self.failure(FailureCause::NoAnswer(NoAnswer::Cut)),
            Body::Json(_) => self.not_the_service(NotTheService::WithoutField(missing)),
            Body::Other(instead) => self.not_the_service(instead),
        }
    }

    fn failure(&self, cause: FailureCause) -> ServiceFailure {
        ServiceFailure {
            service: self.service,
            host: self.host.clone(),
            attempts: self.attempt,
            cause,
            correlation: self.correlation(),
        }
    }
}
