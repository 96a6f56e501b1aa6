//! An Azure Functions custom handler that stores an extension's Marketplace events in a blob, with the app's
//! managed identity and without a personal access token.
//!
//! It never accesses storage: the Functions host reads the blob before each run, and writes it afterwards.

mod function;
mod payload;

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use adieu_transport::{Network, Transport};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::function::Function;

/// The longest call, in bytes: the host sends the whole blob with each one.
const LONGEST_CALL: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            log_line(&format!("The handler cannot run: {reason}."));
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), String> {
    let function = Arc::new(Function::of_environment()?);
    let transport = Transport::new(Network::default()).map_err(|error| error.to_string())?;
    let transport = Arc::new(transport);
    let port = std::env::var("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap_or_else(|_| "8080".to_owned());
    let port: u16 = port
        .parse()
        .map_err(|_| format!("FUNCTIONS_CUSTOMHANDLER_PORT is {port}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(("127.0.0.1", port)).await;
        let listener = listener.map_err(|error| format!("port {port}: {error}"))?;
        log_line(&format!("Waiting for the Functions host on port {port}."));
        // The timer sends one call at a time, but the host's health check must not wait for it.
        tokio::task::LocalSet::new()
            .run_until(async move {
                loop {
                    let Ok((stream, _)) = listener.accept().await else {
                        continue;
                    };
                    let (function, transport) = (Arc::clone(&function), Arc::clone(&transport));
                    tokio::task::spawn_local(async move {
                        let service = service_fn(move |request| {
                            let (function, transport) =
                                (Arc::clone(&function), Arc::clone(&transport));
                            async move {
                                Ok::<_, Infallible>(answer(request, &function, &transport).await)
                            }
                        });
                        let served = hyper::server::conn::http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), service);
                        // The host may close the connection at any time.
                        let _ = served.await;
                    });
                }
            })
            .await
    })
}

/// Answers one call from the host: `POST /MarketplaceEvents` (learn.microsoft.com, "Azure Functions custom handlers").
async fn answer(
    request: Request<Incoming>,
    function: &Function,
    transport: &Transport,
) -> Response<Full<Bytes>> {
    if request.method() != Method::POST || request.uri().path() != "/MarketplaceEvents" {
        return respond(404, String::new());
    }
    // The host sends the call in chunks, so that its length is not known beforehand.
    let body = match Limited::new(request.into_body(), LONGEST_CALL)
        .collect()
        .await
    {
        Ok(body) => body.to_bytes(),
        Err(_) => return respond(400, String::new()),
    };
    let Some(before) = payload::read(&body) else {
        return respond(400, String::new());
    };
    match function.run(before.as_deref(), transport).await {
        Ok(done) => {
            log_line(&done.line);
            respond(200, payload::done(&done.document, &done.line))
        }
        // Without an output, the blob does not change, and the next call continues at the same position.
        Err(reason) => {
            log_line(&reason);
            respond(500, payload::failed(&reason))
        }
    }
}

fn respond(status: u16, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = hyper::StatusCode::from_u16(status).unwrap_or_default();
    let kind = hyper::header::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, kind);
    response
}

/// Writes a line to the host's log.
fn log_line(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
