use super::*;

#[test]
fn kind_and_retry_follow_the_sqlstate() {
    for (sqlstate, kind, retryable) in [
        ("57P01", ErrorKind::Unavailable, true),
        ("25006", ErrorKind::Unavailable, true),
        ("08006", ErrorKind::Unavailable, true),
        ("53100", ErrorKind::Unavailable, true),
        ("28P01", ErrorKind::Configuration, false),
        ("28000", ErrorKind::Configuration, false),
        ("42P01", ErrorKind::Setup, false),
        ("40P01", ErrorKind::Database, true),
        ("22P05", ErrorKind::InvalidInput, false),
        ("23514", ErrorKind::Database, false),
        ("", ErrorKind::Database, false),
    ] {
        let error = Error::refused(sqlstate, "no");
        assert_eq!((error.kind(), error.is_retryable(), error.sqlstate()), (kind, retryable, Some(sqlstate)));
    }
}

#[test]
fn the_source_is_kept_and_not_repeated() {
    let error = Error::unreachable(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
    let source = error.source().unwrap();
    assert!(source.is::<std::io::Error>() && !error.to_string().contains(&source.to_string()));
    assert!(error.context("get").to_string().starts_with("get: PostgreSQL cannot be reached"));
}

#[test]
fn each_cause_is_told_once() {
    let reset = || std::io::Error::other("reset by peer");
    let inner = Error::new(ErrorKind::Database, "lost: reset by peer").caused_by(reset());
    let error = Error::configuration("no").caused_by(Error::new(ErrorKind::Database, "failed").caused_by(inner));
    assert_eq!(error.causes().collect::<Vec<_>>(), ["failed", "lost: reset by peer"]);
    assert_eq!(Error::closed().causes().count(), 0);
}

#[test]
fn an_unanswered_call_that_must_not_run_twice_is_not_retryable() {
    let source = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    assert!(Error::connection_lost(source()).is_retryable());
    assert!(!Error::connection_lost(source()).not_idempotent().is_retryable());
    assert!(Error::unreachable(source()).not_idempotent().is_retryable());
    assert!(Error::refused("57P01", "shutting down").not_idempotent().is_retryable());
}
