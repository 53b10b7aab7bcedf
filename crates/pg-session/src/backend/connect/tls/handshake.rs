//! One TLS handshake: what is verified in it, and whether there was one.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::backend::connect::lent::Lent;

/// Verifies the chain of a server's certificate against the roots, if there are any, and its name if asked to.
#[derive(Debug)]
pub(crate) struct Verifier {
    pub(crate) roots: Option<RootCertStore>,
    pub(crate) name_too: bool,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let certificate = ParsedCertificate::try_from(end_entity)?;
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&certificate, roots, intermediates, now, algorithms)?;
            if self.name_too {
                verify_server_name(&certificate, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Rustls for tokio-postgres, which it gives the stream only on loan.
pub(crate) struct Connector(MakeRustlsConnect);

type Socket = Lent<TcpStream>;
type Rustls = <MakeRustlsConnect as MakeTlsConnect<Socket>>::TlsConnect;
/// A stream with TLS.
pub(crate) type Secured = <Rustls as TlsConnect<Socket>>::Stream;

impl Connector {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self(MakeRustlsConnect::new(config))
    }

    /// For a server of this name.
    pub(crate) fn handshake(&mut self, name: &str) -> Handshake {
        let Ok(rustls) = MakeTlsConnect::<Socket>::make_tls_connect(&mut self.0, name);
        Handshake { rustls, progress: Progress::default() }
    }
}

pub(crate) struct Handshake {
    rustls: Rustls,
    pub(crate) progress: Progress,
}

/// How far a handshake came, which no error of tokio-postgres tells.
#[derive(Clone, Default)]
pub(crate) struct Progress {
    begun: Arc<AtomicBool>,
    secured: Lent<Secured>,
}

impl Progress {
    /// Whether the server agreed to TLS.
    pub(crate) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// The stream that came of it, if it was done.
    pub(crate) fn take(&self) -> Option<Secured> {
        self.secured.take()
    }
}

impl TlsConnect<Socket> for Handshake {
    type Stream = Lent<Secured>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Stream>> + Send>>;

    fn connect(self, stream: Socket) -> Self::Future {
        self.progress.begun.store(true, Ordering::Relaxed);
        Box::pin(async move {
            self.progress.secured.fill(self.rustls.connect(stream).await?);
            Ok(self.progress.secured)
        })
    }
}
