//! The public key of a certificate, also of one that webpki does not parse.

use rustls::pki_types::alg_id::RSA_ENCRYPTION;

/// The lengths of an RSA modulus, in bytes, with which *ring* verifies.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 2048 / 8..=8192 / 8;

pub(super) struct PublicKey<'a> {
    /// The content of its AlgorithmIdentifier.
    pub(super) algorithm: &'a [u8],
    pub(super) bits: &'a [u8],
}

impl<'a> PublicKey<'a> {
    /// Finds the key in a certificate of any version (RFC 5280, 4.1).
    pub(super) fn of_certificate(der: &'a [u8]) -> Option<Self> {
        let (_, certificate, _) = element(der)?;
        let (_, mut fields, _) = element(certificate)?;
        // A certificate of version 1 does not state its version.
        if let (0xa0, _, rest) = element(fields)? {
            fields = rest;
        }
        // Serial number, signature algorithm, issuer, validity, subject.
        for _ in 0..5 {
            (_, _, fields) = element(fields)?;
        }
        let (_, key, _) = element(fields)?;
        let (_, algorithm, rest) = element(key)?;
        let (_, bits, _) = element(rest)?;
        Some(Self { algorithm, bits: bits.strip_prefix(&[0])? })
    }

    /// Returns whether *ring* verifies with keys of this length.
    pub(super) fn has_supported_length(&self) -> bool {
        self.algorithm != RSA_ENCRYPTION.as_ref() || self.modulus().is_some_and(|n| RSA_BYTES.contains(&n.len()))
    }

    fn modulus(&self) -> Option<&'a [u8]> {
        let (_, key, _) = element(self.bits)?;
        let (_, modulus, _) = element(key)?;
        Some(modulus.strip_prefix(&[0]).unwrap_or(modulus))
    }
}

/// Splits off the first element of DER: its tag, its content, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = der.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7f => (length.into(), rest),
        0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked((length & 0x7f).into())?;
            (bytes.iter().fold(0, |length: usize, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}
