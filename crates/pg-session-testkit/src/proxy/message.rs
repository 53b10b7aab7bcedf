//! PostgreSQL's messages: a type byte, a length that includes itself, and a body.

/// The types of the server's messages that the proxy distinguishes.
pub(super) mod tag {
    pub(crate) const COMMAND_COMPLETE: u8 = b'C';
    pub(crate) const DATA_ROW: u8 = b'D';
    pub(crate) const ERROR_RESPONSE: u8 = b'E';
    pub(crate) const NOTICE: u8 = b'N';
    pub(crate) const NOTIFICATION: u8 = b'A';
    pub(crate) const PARAMETER_STATUS: u8 = b'S';
    pub(crate) const READY_FOR_QUERY: u8 = b'Z';
}

const HEADER: usize = 5;

/// One message, including its header.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message(Vec<u8>);

impl Message {
    /// Creates a message from its type and body.
    #[must_use]
    pub fn new(tag: u8, body: &[u8]) -> Self {
        let length = u32::try_from(body.len() + HEADER - 1).unwrap_or(u32::MAX);
        Self([&[tag], &length.to_be_bytes()[..], body].concat())
    }

    /// Returns the type byte, such as `b'D'` for a DataRow.
    #[must_use]
    pub fn tag(&self) -> u8 {
        self.0[0]
    }

    /// Returns the bytes after the header.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0[HEADER..]
    }

    /// Returns the bytes on the wire.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn set_tag(&mut self, tag: u8) {
        self.0[0] = tag;
    }

    /// Sets the length in the header without changing the body.
    pub(super) fn set_length(&mut self, length: u32) {
        self.0[1..HEADER].copy_from_slice(&length.to_be_bytes());
    }

    /// Returns the number of columns if this is a DataRow.
    pub(super) fn columns(&self) -> Option<[u8; 2]> {
        if self.tag() == tag::DATA_ROW { self.body().first_chunk().copied() } else { None }
    }

    /// Returns whether the server may send this message at any time.
    pub(super) fn is_asynchronous(&self) -> bool {
        [tag::NOTICE, tag::NOTIFICATION, tag::PARAMETER_STATUS].contains(&self.tag())
    }
}

/// Splits a stream of bytes into messages. Iterates over the complete ones.
#[derive(Default)]
pub(super) struct Frames(Vec<u8>);

impl Frames {
    /// Returns the buffer to read more bytes into.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }

    /// Takes the bytes of the incomplete message.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0)
    }
}

impl Iterator for Frames {
    type Item = Message;

    fn next(&mut self) -> Option<Message> {
        let length = self.0.get(1..HEADER)?.try_into().ok().map(u32::from_be_bytes)?;
        let end = 1 + usize::try_from(length).unwrap_or(usize::MAX - 1);
        if self.0.len() < end.max(HEADER) {
            return None;
        }
        let rest = self.0.split_off(end.max(HEADER));
        Some(Message(std::mem::replace(&mut self.0, rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_splits_a_stream_into_its_messages() {
        let messages =
            [Message::new(b'2', b""), Message::new(b'D', b"\0\x01\xff\xff\xff\xff"), Message::new(b'Z', b"I")];
        let bytes = messages.iter().flat_map(|message| message.bytes().to_vec());
        let (mut frames, mut found) = (Frames::default(), Vec::new());
        for byte in bytes.chain(*b"D\0\0") {
            frames.buffer().push(byte);
            found.extend(frames.by_ref());
        }
        assert_eq!(found, messages);
        assert_eq!(frames.rest(), b"D\0\0");
    }
}
