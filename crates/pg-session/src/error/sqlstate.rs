//! What a SQLSTATE means for the caller.

use super::kind::ErrorKind;

pub(super) const INSUFFICIENT_PRIVILEGE: &str = "42501";

/// Returns the kind, whether a retry is safe, and what to do.
pub(super) fn meaning(sqlstate: &str) -> (ErrorKind, bool, &'static str) {
    use ErrorKind::{Configuration, Database, InvalidInput, Setup, Unavailable};
    match sqlstate {
        "25006" => (
            Unavailable,
            true,
            "; this server is read-only: connect to the primary, or unset default_transaction_read_only",
        ),
        "28P01" => (Configuration, false, "; check the user and password of the connection"),
        "3D000" => (Configuration, false, "; create the database, or name another one in the connection"),
        "42P01" | "3F000" => (Setup, false, "; create the table again, or let setup() do it"),
        INSUFFICIENT_PRIVILEGE => (Setup, false, "; grant the role the missing privilege"),
        // PostgreSQL sends 0A000 if the columns of a prepared statement have changed their types.
        "0A000" | "23502" | "42703" | "42804" | "42809" | "42846" | "42883" | "42P10" => {
            (Setup, false, "; the table has changed: make its columns fit")
        }
        "22001" => (InvalidInput, false, "; widen the column, or use shorter ids"),
        "22P02" | "22P05" | "22030" | "22032" => (
            InvalidInput,
            false,
            "; jsonb and the option subject refuse \\u0000 and lone surrogates, a json column accepts them; for a character that \
             the encoding of the database lacks, use a database with the encoding UTF8",
        ),
        "22008" => (InvalidInput, false, "; use a shorter time to live"),
        "22021" => (InvalidInput, false, "; use a database with the encoding UTF8"),
        "54001" => (InvalidInput, false, "; nest the data less deeply"),
        "53300" => (Unavailable, true, "; raise max_connections, or use fewer connections"),
        "57P01" | "57P02" | "57P03" | "57P05" => (Unavailable, true, "; try again when it is back"),
        "40001" | "40P01" | "55P03" | "57014" => (Database, true, "; try again"),
        _ => match sqlstate.get(..2) {
            Some("08") => (Unavailable, true, "; try again when it is back"),
            Some("28") => {
                (Configuration, false, "; allow this role and host in pg_hba.conf, or connect as another role")
            }
            Some("53") => (Unavailable, true, "; the server is out of memory, disk space or another resource"),
            _ => (Database, false, ""),
        },
    }
}
