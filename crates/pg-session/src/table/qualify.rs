//! Makes a statement independent of the `search_path`.

/// The only functions that the grammar knows, so that no schema can define another.
const SYNTAX: [&str; 1] = ["coalesce"];

const OPERATOR_CHARS: &str = "+-*/<>=~!@#%^&|`?";

/// Names the schema `pg_catalog` for each operator, function and type of a statement from `sql/`.
///
/// Without it, any role that may create objects in a schema of the `search_path` could have its own code run as the
/// application's role. The files in `sql/` stay readable, under three rules: keywords are in upper case, functions and types
/// in lower case; a type follows `::`; operators in a row have parentheses, because `OPERATOR()` gives all of them the same
/// precedence. `NULLIF`, `IN`, `BETWEEN`, `IS DISTINCT FROM` and `USING` choose an operator that cannot be qualified.
pub(super) fn qualify(sql: &str) -> String {
    let mut out = String::with_capacity(2 * sql.len());
    let (mut rest, mut depth) = (sql, 0_usize);
    let mut targets = Targets::default();
    while let Some(first) = rest.chars().next() {
        let length = token(rest, &out);
        let (token, after) = rest.split_at(length);
        match first {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        targets.read(token, depth);
        let is_type = out.ends_with("::") && !after.starts_with('.');
        let is_function = after.starts_with('(') && !SYNTAX.contains(&token) && !out.ends_with('.');
        if first.is_ascii_lowercase() && (is_type || is_function) {
            out.push_str("pg_catalog.");
        }
        let is_star = token == "*" && out.ends_with('(');
        if OPERATOR_CHARS.contains(first) && !is_star && !targets.is_assignment(token) {
            out.extend(["OPERATOR(pg_catalog.", token, ")"]);
        } else {
            out.push_str(token);
        }
        rest = after;
    }
    out
}

/// Returns the length of the next token: a text or a name in quotes, a word, an operator, or a character.
fn token(rest: &str, before: &str) -> usize {
    let is_word = |char: char| char.is_ascii_alphanumeric() || char == '_';
    let length_of = |is_in: &dyn Fn(char) -> bool| rest.find(|char| !is_in(char)).unwrap_or(rest.len());
    match rest.chars().next() {
        Some(quote @ ('\'' | '"')) => quoted(rest, quote, before.ends_with('E')),
        Some(char) if is_word(char) => length_of(&is_word),
        Some(char) if OPERATOR_CHARS.contains(char) => length_of(&|char| OPERATOR_CHARS.contains(char)),
        other => other.map_or(0, char::len_utf8),
    }
}

/// A doubled quote is read as the end of one text and the start of another.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut is_escaped = true;
    for (at, char) in rest.char_indices() {
        match char {
            _ if is_escaped => is_escaped = false,
            '\\' if has_escapes && quote == '\'' => is_escaped = true,
            char if char == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Finds the `=` of `SET column = value` and `WITH (parameter = value)`, which is no operator.
#[derive(Default)]
struct Targets {
    /// How many parentheses are open around the names.
    list: Option<usize>,
    follows_with: bool,
    expects_column: bool,
    is_assigning: bool,
}

impl Targets {
    fn read(&mut self, token: &str, depth: usize) {
        self.is_assigning = false;
        let follows_with = self.follows_with;
        self.follows_with = token == "WITH" || (follows_with && token == " ");
        match (token, self.list) {
            ("SET", _) => (self.list, self.expects_column) = (Some(depth), true),
            ("(", _) if follows_with => (self.list, self.expects_column) = (Some(depth), true),
            ("WHERE" | "FROM" | "RETURNING", Some(list)) if list == depth => self.list = None,
            (_, Some(list)) if depth < list => self.list = None,
            (",", Some(list)) if list == depth => self.expects_column = true,
            ("=", Some(list)) if list == depth && self.expects_column => {
                (self.expects_column, self.is_assigning) = (false, true);
            }
            _ => {}
        }
    }

    fn is_assignment(&self, token: &str) -> bool {
        token == "=" && self.is_assigning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_functions_and_types_are_qualified() {
        for (plain, qualified) in [
            ("a <= b", "a OPERATOR(pg_catalog.<=) b"),
            ("s.\"id\" = ANY ($1::text[])", "s.\"id\" OPERATOR(pg_catalog.=) ANY ($1::pg_catalog.text[])"),
            ("count(*) FILTER (WHERE a)", "pg_catalog.count(*) FILTER (WHERE a)"),
            ("pg_catalog.json_typeof(a)", "pg_catalog.json_typeof(a)"),
            ("coalesce(a, 'a = b(c)::text')", "coalesce(a, 'a = b(c)::text')"),
            (r"E'\'='::text", r"E'\'='::pg_catalog.text"),
            (r#""a""=" = '''='"#, r#""a""=" OPERATOR(pg_catalog.=) '''='"#),
            ("CASE WHEN (a) THEN b END", "CASE WHEN (a) THEN b END"),
            ("AS i (id, data)", "AS i (id, data)"),
            (
                "UPDATE t SET a = b = c, \"d\" = (e = f) WHERE g = h",
                "UPDATE t SET a = b OPERATOR(pg_catalog.=) c, \"d\" = (e OPERATOR(pg_catalog.=) f) \
                 WHERE g OPERATOR(pg_catalog.=) h",
            ),
            ("NULL::pg_catalog.tsrange", "NULL::pg_catalog.tsrange"),
            ("(a json) WITH (b = 80, c = d)", "(a json) WITH (b = 80, c = d)"),
            ("WITH a AS (b = c)", "WITH a AS (b OPERATOR(pg_catalog.=) c)"),
            ("(UPDATE t SET a = 1) SELECT a = b", "(UPDATE t SET a = 1) SELECT a OPERATOR(pg_catalog.=) b"),
        ] {
            assert_eq!(qualify(plain), qualified);
        }
    }
}
