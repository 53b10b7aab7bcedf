/// A part of JavaScript code.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a keyword or a number.
    Word(String),
    /// The content of a string or a template. Empty for a template with expressions, and for a regular expression.
    Text(String),
    Punct(char),
}

/// The keywords after which an expression begins.
const BEFORE_EXPRESSION: [&str; 12] =
    ["await", "case", "delete", "do", "else", "in", "new", "of", "return", "throw", "typeof", "yield"];

/// Splits code into tokens. Omits its comments.
pub(super) fn tokens(code: &str) -> Vec<Token> {
    let mut scanner = Scanner { rest: code, tokens: Vec::new(), templates: Vec::new() };
    scanner.scan();
    scanner.tokens
}

struct Scanner<'c> {
    rest: &'c str,
    tokens: Vec<Token>,
    /// For each open `${`, how many braces are open inside it.
    templates: Vec<usize>,
}

impl<'c> Scanner<'c> {
    fn scan(&mut self) {
        while let Some(first) = self.rest.chars().next() {
            if self.rest.starts_with("//") {
                self.skip(self.rest.find('\n'));
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.skip(comment.find("*/").map(|end| end + 4));
            } else if is_word(first) {
                let word = self.rest.split(|c| !is_word(c)).next().unwrap_or_default();
                self.tokens.push(Token::Word(word.to_owned()));
                self.skip(Some(word.len()));
            } else {
                self.skip(Some(first.len_utf8()));
                self.scan_after(first);
            }
        }
    }

    /// Scans what begins with a character that has been skipped.
    fn scan_after(&mut self, first: char) {
        match first {
            '\'' => self.scan_string("'"),
            '"' => self.scan_string("\""),
            '`' => self.scan_template(true),
            '/' if self.expects_expression() => self.scan_regular_expression(),
            '}' if self.templates.last() == Some(&0) => {
                self.templates.pop();
                self.tokens.push(Token::Punct('}'));
                self.scan_template(false);
            }
            _ if first.is_whitespace() => {}
            _ => {
                match (self.templates.last_mut(), first) {
                    (Some(open), '{') => *open += 1,
                    (Some(open), '}') => *open -= 1,
                    _ => {}
                }
                self.tokens.push(Token::Punct(first));
            }
        }
    }

    fn scan_string(&mut self, quote: &str) {
        let (text, _) = self.take_until(&[quote, "\n"]);
        self.tokens.push(Token::Text(text.to_owned()));
    }

    /// Scans a template up to its end or its next expression.
    fn scan_template(&mut self, is_start: bool) {
        let (text, end) = self.take_until(&["`", "${"]);
        if end == "${" {
            self.templates.push(0);
            self.tokens.push(Token::Punct('{'));
        } else {
            self.tokens.push(Token::Text(if is_start { text.to_owned() } else { String::new() }));
        }
    }

    fn scan_regular_expression(&mut self) {
        while self.take_until(&["/", "[", "\n"]).1 == "[" {
            self.take_until(&["]", "\n"]);
        }
        self.rest = self.rest.trim_start_matches(is_word);
        self.tokens.push(Token::Text(String::new()));
    }

    /// Returns whether a `/` begins a regular expression. Otherwise, it divides.
    fn expects_expression(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(Token::Word(word)) => BEFORE_EXPRESSION.contains(&word.as_str()),
            Some(Token::Text(_)) => false,
            Some(Token::Punct(punct)) => !")]}".contains(*punct),
        }
    }

    fn skip(&mut self, bytes: Option<usize>) {
        self.rest = &self.rest[bytes.unwrap_or(self.rest.len())..];
    }

    /// Returns the code before the first of these ends, and that end, and skips both. A backslash escapes a character.
    fn take_until<'e>(&mut self, ends: &[&'e str]) -> (&'c str, &'e str) {
        let code = self.rest;
        let mut characters = code.char_indices();
        while let Some((at, character)) = characters.next() {
            if character == '\\' {
                characters.next();
            } else if let Some(end) = ends.iter().find(|end| code[at..].starts_with(**end)) {
                self.skip(Some(at + end.len()));
                return (&code[..at], end);
            }
        }
        self.skip(None);
        (code, "")
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || "_$".contains(character)
}
