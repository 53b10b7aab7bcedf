//! HTML as a list of start tags, end tags and text. What is not shown is left out: scripts, styles, drawings, comments.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

use super::deadline::Deadline;
use super::elements::is_shown;
use super::too_complex::TooComplex;

/// A tag or a text, with the names and values as strings.
#[derive(Debug)]
pub(super) enum HtmlToken {
    Start { name: String, attributes: Vec<(String, String)> },
    End { name: String },
    Text(String),
}

impl HtmlToken {
    /// Returns the level of a heading that begins or ends here.
    pub(super) fn heading_level(&self) -> Option<u8> {
        match self {
            Self::Start { name, .. } | Self::End { name } => heading_level(name),
            Self::Text(_) => None,
        }
    }
}

/// Returns the level of a heading's tag.
pub(super) fn heading_level(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'h', digit @ b'1'..=b'6'] => Some(digit - b'0'),
        _ => None,
    }
}

/// Returns an attribute's value.
pub(super) fn attribute<'a>(attributes: &'a [(String, String)], name: &str) -> Option<&'a str> {
    attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
}

/// Bounds the memory of the tree. A megabyte as dense as the readme of express has 115,000 tokens.
const MAX_TOKENS: usize = 120_000;

/// The deadline is checked after each chunk, because the tokenizer compares each attribute of a tag with all before it.
const CHUNK: usize = 4 << 10;

pub(super) fn read(html: &str, deadline: Deadline) -> Result<Vec<HtmlToken>, TooComplex> {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    let mut rest = html;
    while !rest.is_empty() {
        let (chunk, tail) = rest.split_at(rest.floor_char_boundary(CHUNK.min(rest.len())));
        rest = tail;
        input.push_back(StrTendril::from(chunk));
        // The sink asks for no pause, so that one call reads the whole chunk.
        let _ = tokenizer.feed(&input);
        if deadline.is_over() || tokenizer.sink.state.borrow().overflow {
            return Err(TooComplex);
        }
    }
    tokenizer.end();
    let state = tokenizer.sink.state.into_inner();
    if state.overflow { Err(TooComplex) } else { Ok(state.tokens) }
}

#[derive(Default)]
struct Sink {
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    tokens: Vec<HtmlToken>,
    /// The element whose content is skipped, and how many of its name are open.
    skipping: Option<(String, usize)>,
    overflow: bool,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::CharacterTokens(text) => {
                state.text(&text);
                TokenSinkResult::Continue
            }
            Token::TagToken(tag) => {
                let name = tag.name.to_string();
                match tag.kind {
                    TagKind::StartTag => {
                        let attributes = tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string()));
                        let raw = raw_kind(&name);
                        state.start(name, tag.self_closing, attributes.collect());
                        raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData)
                    }
                    TagKind::EndTag => {
                        state.end(name);
                        TokenSinkResult::Continue
                    }
                }
            }
            _ => TokenSinkResult::Continue,
        }
    }
}

impl State {
    fn push(&mut self, token: HtmlToken) {
        if self.tokens.len() < MAX_TOKENS {
            self.tokens.push(token);
        } else {
            self.overflow = true;
        }
    }

    fn text(&mut self, text: &str) {
        if self.skipping.is_some() {
            return;
        }
        match self.tokens.last_mut() {
            Some(HtmlToken::Text(last)) => last.push_str(text),
            _ => self.push(HtmlToken::Text(text.to_owned())),
        }
    }

    fn start(&mut self, name: String, self_closing: bool, attributes: Vec<(String, String)>) {
        match &mut self.skipping {
            Some((skipped, depth)) => *depth += usize::from(*skipped == name && !self_closing),
            None if raw_kind(&name).is_some() => self.skipping = Some((name, 1)),
            None if matches!(name.as_str(), "svg" | "math") && !self_closing => self.skipping = Some((name, 1)),
            None if is_shown(&name) => self.push(HtmlToken::Start { name, attributes }),
            None => {}
        }
    }

    fn end(&mut self, name: String) {
        match &mut self.skipping {
            Some((skipped, depth)) => {
                *depth -= usize::from(*skipped == name);
                if *depth == 0 {
                    self.skipping = None;
                }
            }
            None if is_shown(&name) => self.push(HtmlToken::End { name }),
            None => {}
        }
    }
}

/// Elements whose content is text to the tokenizer, all of which are skipped.
fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "script" => Some(RawKind::ScriptData),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(RawKind::Rawtext),
        "textarea" | "title" => Some(RawKind::Rcdata),
        _ => None,
    }
}
