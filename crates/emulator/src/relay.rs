//! A port with the delay of a distant network, for measurements.
//!
//! It changes when bytes arrive, never which.
//!
//! A connection's first data is delayed by one round trip, for TCP's handshake; after that, each direction takes half
//! a round trip.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::http;

/// A port that forwards to `port` over a network with this round trip.
pub(crate) fn start(runtime: &Runtime, port: u16, round_trip: Duration) -> u16 {
    let (listener, relayed) = runtime.block_on(http::listen());
    runtime.spawn(serve(listener, port, round_trip));
    relayed
}

/// Serves until the runtime ends.
async fn serve(listener: TcpListener, port: u16, round_trip: Duration) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(async move {
            let _ = relay(client, port, round_trip).await;
        });
    }
}

async fn relay(client: TcpStream, port: u16, round_trip: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(("127.0.0.1", port)).await?;
    server.set_nodelay(true)?;
    let opened = Instant::now();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let half = round_trip / 2;
    // The handshake takes one round trip before the client's first byte can leave.
    let there = tokio::spawn(delayed(from_client, to_server, half, opened + round_trip));
    delayed(from_server, to_client, half, opened).await?;
    there.await.map_err(io::Error::other)?
}

/// Copies with a delay, in order. Nothing is sent before `not_before`.
async fn delayed(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    delay: Duration,
    not_before: Instant,
) -> io::Result<()> {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        loop {
            let mut bytes = Vec::with_capacity(16 * 1024);
            match from.read_buf(&mut bytes).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {
                    let due = Instant::now().max(not_before) + delay;
                    if sender.send((due, bytes)).is_err() {
                        break;
                    }
                }
            }
        }
    });
    while let Some((due, bytes)) = receiver.recv().await {
        sleep_until(due).await;
        to.write_all(&bytes).await?;
    }
    to.shutdown().await
}
