//! How TLS is negotiated, with a server that replies in unusual ways.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use pg_session::ErrorKind;
use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring::{default_provider, sign::any_supported_type};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ServerConfig, ServerConnection, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::timeout;

use super::{assert_error, failure};

const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The first byte of a TLS handshake.
const HANDSHAKE: u8 = 22;

/// What a client sent on one connection.
struct Client {
    requested_tls: bool,
    /// Everything after the SSLRequest.
    bytes: Vec<u8>,
}

/// Starts a server that replies to every SSLRequest, and returns a URL for it and the clients that have left.
async fn server(reply: &'static [u8]) -> (String, UnboundedReceiver<Client>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, clients) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            sender.send(serve(socket, reply).await).ok();
        }
    });
    (format!("postgres://u:hunter2@127.0.0.1:{port}/d"), clients)
}

async fn serve(mut socket: TcpStream, reply: &[u8]) -> Client {
    let mut bytes = vec![0; 4096];
    let count = socket.read(&mut bytes).await.unwrap();
    bytes.truncate(count);
    if bytes != SSL_REQUEST {
        return Client { requested_tls: false, bytes };
    }
    socket.write_all(reply).await.unwrap();
    let mut bytes = Vec::new();
    let closed = timeout(Duration::from_secs(10), socket.read_to_end(&mut bytes)).await;
    // A reset is as good an end as any other.
    let _ = closed.expect("the client closes the socket");
    Client { requested_tls: true, bytes }
}

fn assert_handshake(bytes: &[u8]) {
    assert_eq!(bytes.first(), Some(&HANDSHAKE), "{bytes:?}");
    assert!(!bytes.windows(4).any(|window| window == b"user"), "a login is not encrypted: {bytes:?}");
}

#[tokio::test]
async fn bytes_injected_before_the_handshake_end_the_connection() {
    // AuthenticationOk and ReadyForQuery.
    let (url, mut clients) = server(b"SR\0\0\0\x08\0\0\0\0Z\0\0\0\x05I").await;
    let error = failure(&format!("{url}?sslmode=require")).await;
    assert_error(&error, ErrorKind::Configuration, &["the TLS handshake failed"]);
    assert_handshake(&clients.recv().await.unwrap().bytes);
}

#[tokio::test]
async fn an_error_instead_of_a_reply_is_unavailable() {
    for reply in [&b"E\0\0\0\x14SFATAL\0Cxxxxx\0\0"[..], b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let (url, mut clients) = server(reply).await;
        let error = failure(&format!("{url}?sslmode=require")).await;
        assert_error(&error, ErrorKind::Unavailable, &["request for TLS", "check its log"]);
        assert!(clients.recv().await.unwrap().bytes.is_empty());

        let (url, mut clients) = server(reply).await;
        failure(&format!("{url}?sslmode=prefer")).await;
        assert!(clients.recv().await.unwrap().bytes.is_empty());
        let second = clients.recv().await.unwrap();
        assert!(!second.requested_tls && second.bytes.windows(4).any(|window| window == b"user"));
    }
}

#[tokio::test]
async fn direct_negotiation_begins_with_the_handshake() {
    let (url, mut clients) = server(b"").await;
    failure(&format!("{url}?sslmode=require&sslnegotiation=direct")).await;
    let client = clients.recv().await.unwrap();
    assert!(!client.requested_tls);
    assert_handshake(&client.bytes);
    assert!(client.bytes.windows(10).any(|window| window == b"postgresql"), "ALPN names the protocol");
}

/// Starts a server that shows a certificate and signs with another key, as a man in the middle would who shows the certificate of
/// the real server. Returns its port, and what a client says after the handshake.
fn impostor(certificate: &KeyPair, key: &KeyPair) -> (u16, JoinHandle<std::io::Result<usize>>) {
    let shown = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(certificate).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let key = CertifiedKey::new(vec![shown.der().clone()], any_supported_type(&key).unwrap());
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.read_exact(&mut [0; SSL_REQUEST.len()]).unwrap();
        socket.write_all(b"S").unwrap();
        let mut session = ServerConnection::new(Arc::new(config)).unwrap();
        Stream::new(&mut session, &mut socket).read(&mut [0; 4096])
    });
    (port, server)
}

#[tokio::test]
async fn who_only_shows_the_certificate_of_a_server_gets_no_login() {
    let new = |algorithm| KeyPair::generate_for(algorithm).unwrap();
    for (certificate, key) in [
        (new(&rcgen::PKCS_ECDSA_P256_SHA256), new(&rcgen::PKCS_ECDSA_P256_SHA256)),
        (new(&rcgen::PKCS_ECDSA_P256_SHA256), new(&rcgen::PKCS_ED25519)),
    ] {
        for mode in ["require", "no-verify"] {
            let (port, server) = impostor(&certificate, &key);
            let error = failure(&format!("postgres://u:hunter2@127.0.0.1:{port}/d?sslmode={mode}")).await;
            assert_error(&error, ErrorKind::Configuration, &["127.0.0.1:"]);
            assert!(server.join().unwrap().is_err(), "the client sent a login");
        }
    }
}
