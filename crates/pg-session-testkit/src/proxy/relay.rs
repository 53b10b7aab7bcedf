//! One connection through the proxy, in both directions.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep_until};

use super::fault::Delivery;
use super::message::{Frames, Message, tag};
use super::shared::Shared;

/// The codes of SSLRequest and GSSENCRequest, which a client may send before its startup message.
const SSL: u32 = 80_877_103;
const GSS_ENCRYPTION: u32 = 80_877_104;

/// How long a swapped answer waits for the next one.
const SWAP: Duration = Duration::from_millis(20);

/// The types of messages of the extended query protocol, except Sync.
const EXTENDED: &[u8] = b"PBDEC";
/// The type of Sync, which asks for the answer.
const SYNC: u8 = b'S';

/// Forwards messages until the client or the server ends the connection.
pub(super) async fn relay(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    shared.until_released(|state| state.holds_connections).await;
    let (host, port) = &shared.server;
    let mut server = TcpStream::connect((host.as_str(), *port)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    start(&mut client, &mut server).await?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let is_extended = AtomicBool::new(false);
    let answers = Answers { shared, is_extended: &is_extended, from_server, to_client, later: None };
    tokio::select! {
        ended = statements(from_client, to_server, shared, &is_extended) => ended,
        ended = answers.forward() => ended,
    }
}

/// Forwards the startup message, and refuses encryption.
async fn start(client: &mut TcpStream, server: &mut TcpStream) -> io::Result<()> {
    loop {
        let length = client.read_u32().await?;
        let mut body = vec![0; usize::try_from(length).unwrap_or(0).clamp(8, 10_000) - 4];
        client.read_exact(&mut body).await?;
        let code = body.first_chunk().copied().map(u32::from_be_bytes);
        if matches!(code, Some(SSL | GSS_ENCRYPTION)) {
            client.write_all(b"N").await?;
            continue;
        }
        server.write_u32(length).await?;
        return server.write_all(&body).await;
    }
}

/// Forwards statements until the client ends the connection.
async fn statements(
    mut from_client: OwnedReadHalf,
    mut to_server: OwnedWriteHalf,
    shared: &Shared,
    is_extended: &AtomicBool,
) -> io::Result<()> {
    let mut frames = Frames::default();
    while from_client.read_buf(frames.buffer()).await? > 0 {
        for message in frames.by_ref() {
            if EXTENDED.contains(&message.tag()) {
                is_extended.store(true, Ordering::Relaxed);
            }
            // The server may have closed the connection while its last answer is still delayed.
            let _ = to_server.write_all(message.bytes()).await;
            if message.tag() == SYNC {
                shared.statements.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

struct Answers<'s> {
    shared: &'s Shared,
    /// Whether the client has sent a message of the extended query protocol.
    is_extended: &'s AtomicBool,
    from_server: OwnedReadHalf,
    to_client: OwnedWriteHalf,
    /// An answer to send after the next one, and the time until which it waits.
    later: Option<(Instant, Vec<u8>)>,
}

impl Answers<'_> {
    /// Forwards answers until the server ends the connection and the client has received all of them.
    async fn forward(mut self) -> io::Result<()> {
        let mut frames = Frames::default();
        let mut answer = Vec::new();
        loop {
            let until = self.later.as_ref().map(|(until, _)| *until);
            let read = tokio::select! {
                read = self.from_server.read_buf(frames.buffer()) => read,
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    self.write_later().await?;
                    continue;
                }
            };
            for message in frames.by_ref() {
                self.take(message, &mut answer).await?;
            }
            if !matches!(read, Ok(1..)) {
                break;
            }
        }
        self.write_later().await?;
        let rest: Vec<u8> = answer.iter().flat_map(|message| message.bytes()).copied().chain(frames.rest()).collect();
        self.write(&rest).await?;
        self.to_client.shutdown().await
    }

    async fn take(&mut self, message: Message, answer: &mut Vec<Message>) -> io::Result<()> {
        let is_exempt = !self.is_extended.load(Ordering::Relaxed) || message.is_asynchronous();
        if is_exempt && answer.is_empty() {
            return self.write(message.bytes()).await;
        }
        let is_last = message.tag() == tag::READY_FOR_QUERY;
        answer.push(message);
        if is_last { self.deliver(std::mem::take(answer)).await } else { Ok(()) }
    }

    async fn deliver(&mut self, answer: Vec<Message>) -> io::Result<()> {
        let result = self.shared.faults().as_mut().map(|faults| faults.apply(answer.clone()));
        let (delivery, is_faulty) = result.unwrap_or_else(|| {
            let bytes = answer.iter().flat_map(|message| message.bytes()).copied().collect();
            (Delivery::Whole(bytes), false)
        });
        if is_faulty && !matches!(delivery, Delivery::AfterTheNext(_)) {
            self.shared.struck.fetch_add(1, Ordering::Relaxed);
        }
        match delivery {
            Delivery::Whole(bytes) => {
                self.write(&bytes).await?;
                if self.later.is_some() {
                    self.shared.struck.fetch_add(1, Ordering::Relaxed);
                }
                self.write_later().await
            }
            Delivery::Bytewise(bytes) => {
                for byte in bytes.chunks(1) {
                    self.write(byte).await?;
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            Delivery::ThenCut(bytes) => {
                self.write(&bytes).await?;
                Err(io::ErrorKind::ConnectionAborted.into())
            }
            Delivery::AfterTheNext(bytes) => {
                self.write_later().await?;
                self.later = Some((Instant::now() + SWAP, bytes));
                Ok(())
            }
        }
    }

    async fn write_later(&mut self) -> io::Result<()> {
        match self.later.take() {
            Some((_, bytes)) => self.write(&bytes).await,
            None => Ok(()),
        }
    }

    /// Writes to the client, after waiting while answers are held.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.shared.until_released(|state| state.holds_answers).await;
        self.to_client.write_all(bytes).await
    }
}
