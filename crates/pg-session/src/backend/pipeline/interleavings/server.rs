//! A server on the other end of an in-memory connection, which answers when it is told to.

use std::collections::{HashMap, VecDeque};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

/// A request up to Sync.
pub(super) struct Request {
    /// The first and the second parameter of each command.
    pub(super) commands: Vec<(String, Option<String>)>,
    pub(super) sql: String,
    tags: Vec<u8>,
}

pub(super) struct Server {
    stream: DuplexStream,
    incoming: BytesMut,
    outgoing: BytesMut,
    /// SQL by the name that it is prepared under.
    prepared: HashMap<String, String>,
    messages: Vec<(u8, Bytes)>,
    pub(super) unanswered: VecDeque<Request>,
}

impl Server {
    pub(super) fn new(stream: DuplexStream) -> Self {
        Self {
            stream,
            incoming: BytesMut::new(),
            outgoing: BytesMut::new(),
            prepared: HashMap::new(),
            messages: Vec::new(),
            unanswered: VecDeque::new(),
        }
    }

    /// Reads what has come. Returns whether the connection is open.
    pub(super) fn receive(&mut self) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        let mut buffer = [0; 4096];
        let is_open = loop {
            let mut read = ReadBuf::new(&mut buffer);
            match Pin::new(&mut self.stream).poll_read(&mut context, &mut read) {
                Poll::Ready(Ok(())) if !read.filled().is_empty() => self.incoming.extend_from_slice(read.filled()),
                Poll::Ready(_) => break false,
                Poll::Pending => break true,
            }
        };
        while let Some(header) = self.incoming.get(..5) {
            let length = 1 + u32::from_be_bytes(header[1..5].try_into().unwrap()) as usize;
            if self.incoming.len() < length {
                break;
            }
            let mut message = self.incoming.split_to(length).freeze();
            let tag = message.get_u8();
            message.advance(4);
            self.messages.push((tag, message));
            if tag == b'S' {
                let request = self.request();
                if request.tags == [b'S'] {
                    // The lane probes an idle connection.
                    self.message(b'Z', |body| body.put_u8(b'I'));
                } else {
                    self.unanswered.push_back(request);
                }
            }
        }
        is_open
    }

    fn request(&mut self) -> Request {
        let (mut commands, mut sql) = (Vec::new(), String::new());
        let messages = std::mem::take(&mut self.messages);
        let tags = messages.iter().map(|(tag, _)| *tag).collect();
        for (tag, mut body) in messages {
            match tag {
                b'P' => {
                    let name = text(&mut body);
                    self.prepared.insert(name, text(&mut body));
                }
                b'B' => {
                    text(&mut body);
                    sql.clone_from(&self.prepared[&text(&mut body)]);
                    let formats = body.get_i16();
                    body.advance(2 * usize::try_from(formats).unwrap());
                    let columns = (0..body.get_i16()).map(|_| values(&mut body, sql.ends_with("many")));
                    let columns: Vec<Vec<String>> = columns.collect();
                    let first = columns.first().into_iter().flatten().enumerate();
                    let second = |place: usize| columns.get(1).map(|column| column[place].clone());
                    commands = first.map(|(place, key)| (key.clone(), second(place))).collect();
                }
                _ => {}
            }
        }
        Request { commands, sql, tags }
    }

    /// Answers the oldest request: each row is a key and the second parameter, or the key again.
    pub(super) fn answer(&mut self) -> Option<Request> {
        let request = self.unanswered.pop_front()?;
        let last_execute = request.tags.iter().rposition(|tag| *tag == b'E');
        for (place, tag) in request.tags.iter().enumerate() {
            match tag {
                b'E' if last_execute != Some(place) => self.message(b'C', |body| body.put_slice(b"SELECT 0\0")),
                b'C' => self.message(b'3', |_| ()),
                b'P' => self.message(b'1', |_| ()),
                b'B' => self.message(b'2', |_| ()),
                b'D' => {
                    self.message(b't', |body| body.put_i16(0));
                    self.message(b'T', |body| {
                        body.put_i16(2);
                        (0..2).for_each(|_| body.put_slice(b"c\0\0\0\0\0\0\0\0\0\0\x19\xff\xff\xff\xff\xff\xff\0\x01"));
                    });
                }
                b'E' => {
                    for (key, second) in &request.commands {
                        self.message(b'D', |body| {
                            body.put_i16(2);
                            for field in [key, second.as_ref().unwrap_or(key)] {
                                body.put_i32(field.len().try_into().unwrap());
                                body.put_slice(field.as_bytes());
                            }
                        });
                    }
                    let complete = format!("SELECT {}\0", request.commands.len());
                    self.message(b'C', |body| body.put_slice(complete.as_bytes()));
                }
                _ => self.message(b'Z', |body| body.put_u8(b'I')),
            }
        }
        self.flush();
        Some(request)
    }

    /// Refuses the oldest request.
    pub(super) fn refuse(&mut self) -> Option<Request> {
        self.refuse_with(b"VERROR\0C23514\0Mno\0\0")
    }

    /// Refuses it because of a lock.
    pub(super) fn lock(&mut self) -> Option<Request> {
        self.refuse_with(b"VERROR\0C55P03\0Mno\0\0")
    }

    fn refuse_with(&mut self, error: &[u8]) -> Option<Request> {
        let request = self.unanswered.pop_front()?;
        self.message(b'E', |body| body.put_slice(error));
        self.message(b'Z', |body| body.put_u8(b'I'));
        self.flush();
        Some(request)
    }

    fn message(&mut self, tag: u8, write: impl FnOnce(&mut BytesMut)) {
        let mut body = BytesMut::new();
        write(&mut body);
        self.outgoing.put_u8(tag);
        self.outgoing.put_i32((4 + body.len()).try_into().unwrap());
        self.outgoing.put_slice(&body);
    }

    /// Writes as much as the connection takes.
    pub(super) fn flush(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        while !self.outgoing.is_empty() {
            match Pin::new(&mut self.stream).poll_write(&mut context, &self.outgoing) {
                Poll::Ready(Ok(written)) if written > 0 => self.outgoing.advance(written),
                _ => break,
            }
        }
    }
}

fn text(body: &mut Bytes) -> String {
    let end = body.iter().position(|byte| *byte == 0).unwrap();
    let text = body.split_to(end);
    body.advance(1);
    String::from_utf8(text.into()).unwrap()
}

/// The values of one parameter: those of the array if there are many.
fn values(body: &mut Bytes, is_many: bool) -> Vec<String> {
    let value = |body: &mut Bytes| {
        let length = body.get_i32().try_into().unwrap();
        String::from_utf8(body.split_to(length).into()).unwrap()
    };
    if !is_many {
        return vec![value(body)];
    }
    let length = body.get_i32().try_into().unwrap();
    let mut array = body.split_to(length);
    array.advance(12);
    let count = array.get_i32();
    array.advance(4);
    (0..count).map(|_| value(&mut array)).collect()
}
