//! A registry that is down, slow, refuses, redirects or sends broken tarballs: a typed error that says what to do.

use std::time::{Duration, Instant};

use pkgstats_registry::{Error, ErrorKind, Limits, Registry, Version};

use crate::support::{made_up, tarball};

/// Returns what a chain of errors says.
fn chain(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(" {error} {error:?}");
        source = error.source();
    }
    text
}

#[tokio::test]
async fn a_registry_that_is_down_is_unreachable_and_its_password_stays_secret() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("http://user:secret@127.0.0.1:{port}/");
    let registry = Registry::builder().registry(&address).downloads(&address).build().unwrap();
    assert!(!format!("{registry:?}").contains("secret"));
    let version = Version::named("1.0.0");
    let day = time::macros::date!(2025 - 01 - 01);
    for error in [
        registry.packument("a", None).await.unwrap_err(),
        registry.tarball("a", &version).await.unwrap_err(),
        registry.downloads_of("a", day, day).await.unwrap_err(),
        registry.changes(0, 1).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Unreachable, true));
        let text = error.to_string();
        assert!(text.contains(&format!("127.0.0.1:{port} is unreachable; check the network")), "{text}");
        assert!(!chain(&error).contains("secret"), "{}", chain(&error));
    }
}

#[tokio::test]
async fn each_status_has_its_kind() {
    let loopback = made_up(&["a"]).await;
    let registry = loopback.builder().build().unwrap();
    for (status, kind, advice) in [
        (404, ErrorKind::NotFound, "check the name"),
        (401, ErrorKind::Refused, "a rule of the registry"),
        (403, ErrorKind::Refused, "a rule of the registry"),
        (451, ErrorKind::Refused, "a rule of the registry"),
        (429, ErrorKind::RateLimited, "try again later"),
        (500, ErrorKind::Unreachable, "try again later"),
        (503, ErrorKind::Unreachable, "try again later"),
        (504, ErrorKind::Slow, "try again later"),
        (418, ErrorKind::Broken, "check the registry's address"),
    ] {
        loopback.fail_with(Some(status));
        for error in [
            registry.packument("a", None).await.unwrap_err(),
            registry.tarball("a", &Version::named("1.0.0")).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), kind, "{status}");
            assert!(error.to_string().contains(advice), "{error}");
        }
    }
    loopback.fail_with(None);
    assert!(registry.packument("a", None).await.is_ok());
}

#[tokio::test]
async fn a_slow_registry_meets_the_timeout() {
    let loopback = made_up(&["a"]).await;
    loopback.delay(Duration::from_secs(30));
    let registry = loopback.builder().timeout(Duration::from_millis(200)).build().unwrap();
    let start = Instant::now();
    let error = registry.packument("a", None).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Slow, true), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_answer_that_stops_in_its_middle_meets_the_timeout() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1024]).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n\x1f\x8b\x08").await.unwrap();
            open.push(stream);
        }
    });
    let registry = Registry::builder().registry(format!("http://{address}/")).timeout(Duration::from_secs(4)).build();
    let registry = registry.unwrap();
    let start = Instant::now();
    assert_eq!(registry.packument("a", None).await.unwrap_err().kind(), ErrorKind::Slow);
    let error = registry.tarball("a", &Version::named("1.0.0")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Slow, "{error}");
    assert!(start.elapsed() < Duration::from_millis(3_500), "{:?}: a second each", start.elapsed());
    server.abort();
}

#[tokio::test]
async fn redirects_are_limited() {
    let loopback = made_up(&["a"]).await;
    let registry = loopback.builder().build().unwrap();
    loopback.redirect_to(Some(format!("{}a", loopback.url())));
    let error = registry.packument("a", None).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("redirects too often")), (ErrorKind::Broken, true), "{error}");
    assert!(loopback.take_requests().len() <= 7);
}

#[tokio::test]
async fn a_password_does_not_follow_a_redirect_to_another_host() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let other = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    let seen = tokio::spawn(async move {
        let (mut stream, _) = other.accept().await.unwrap();
        let mut request = vec![0; 4096];
        let length = stream.read(&mut request).await.unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        String::from_utf8_lossy(&request[..length]).to_lowercase()
    });
    let loopback = made_up(&["a"]).await;
    loopback.redirect_to(Some(format!("http://{address}/a")));
    let registry =
        Registry::builder().registry(loopback.url().replace("http://", "http://user:secret@")).build().unwrap();
    assert_eq!(registry.packument("a", None).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert!(!seen.await.unwrap().contains("authorization"), "the password went along");
}

#[tokio::test]
async fn broken_tarballs_are_said_and_the_registry_goes_on() {
    let loopback = made_up(&["a"]).await;
    let mut limits = Limits::default();
    limits.packed = 1 << 20;
    limits.unpacked = 8 << 20;
    let registry = loopback.builder().limits(limits).build().unwrap();
    let version = Version::named("1.0.0");
    let noise: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(2 << 20).collect();
    let bomb = tarball(&[("package/a", &vec![0; 16 << 20])]);
    let whole = tarball(&[("package/package.json", b"{}")]);
    let cases: [(Vec<u8>, ErrorKind, &str); 5] = [
        (Vec::new(), ErrorKind::Broken, "the tarball of a 1.0.0 cannot be read"),
        (b"<html>".to_vec(), ErrorKind::Broken, "the tarball of a 1.0.0 cannot be read"),
        (whole[..whole.len() - 9].to_vec(), ErrorKind::Broken, "the tarball of a 1.0.0 cannot be read"),
        (bomb, ErrorKind::TooLarge, "the tarball of a 1.0.0, unpacked, exceeds 8 MB"),
        (tarball(&[("package/a", &noise)]), ErrorKind::TooLarge, "the tarball of a 1.0.0 exceeds 1 MB"),
    ];
    for (bytes, kind, message) in cases {
        loopback.replace_tarball("a", bytes);
        let error = registry.tarball("a", &version).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().starts_with(message), "{error}");
    }
    let odd = tarball(&[("package/../../x", b"x"), ("package/index.js", b"")]);
    loopback.replace_tarball("a", odd);
    let contents = registry.tarball("a", &version).await.unwrap();
    assert_eq!((contents.ignored.outside, contents.files.len(), contents.readme), (1, 1, None));
}
