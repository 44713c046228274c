//! Servers that are known better than by an authority's word: by their own key (a pin), and those that want to know us
//! (a client certificate). Both are set for a host, and hold in addition to the usual checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest, Sha256};

/// The SHA-256 of a public key as a certificate holds it (its SubjectPublicKeyInfo), as RFC 7469 pins it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl Pin {
    /// Reads `sha256/` and the hash in base64.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const ADVICE: &str = "write sha256/ and the base64 of the SHA-256 of the server's public key";
        let encoded = text.strip_prefix("sha256/").ok_or(ADVICE)?;
        let hash = STANDARD.decode(encoded).map_err(|_| ADVICE)?;
        Ok(Self(hash.try_into().map_err(|_| ADVICE)?))
    }

    fn of(certificate: &CertificateDer<'_>) -> Option<Self> {
        let key = ParsedCertificate::try_from(certificate).ok()?.subject_public_key_info();
        Some(Self(Sha256::digest(&key).into()))
    }
}

/// What Keywright shows of itself: a certificate with its chain, and the key to it.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads one PEM text that holds both.
    pub fn from_pem(text: &str) -> Result<Self, &'static str> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or("the file holds no certificate (PEM)")?;
        let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|_| "the file holds no private key (PEM)")?;
        Ok(Self { chain, key })
    }

    pub(super) fn parts(&self) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        (self.chain.clone(), self.key.clone_key())
    }
}

/// What is known of one host.
#[derive(Default)]
pub struct Peer {
    /// Empty: any key that an authority vouches for.
    pub pins: Vec<Pin>,
    pub identity: Option<Identity>,
}

/// By host, lower-case.
pub type Peers = BTreeMap<String, Peer>;

/// The usual verification, and the server's key among the pinned ones.
#[derive(Debug)]
pub(super) struct Pinned {
    pub(super) usual: Arc<WebPkiServerVerifier>,
    pub(super) pins: Vec<Pin>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)?;
        // Only the server's own key: a pinned intermediate could be sent along by anybody.
        match Pin::of(end_entity) {
            Some(pin) if self.pins.contains(&pin) => Ok(verified),
            _ => Err(Error::General("the server's key is not the pinned one".to_owned())),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::egress::EgressPolicy;
    use crate::http::egress::authorities::Authorities;
    use crate::http::egress::authorities::tests::{AUTHORITY, shake_hands};
    use crate::http::egress::connector::peer_config;

    const CERTIFICATE: &str = include_str!("testdata/localhost.pem");
    const KEY: &str = include_str!("testdata/localhost.key.pem");

    fn pin_of(pem: &str) -> Pin {
        Pin::of(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap()
    }

    fn believing() -> EgressPolicy {
        EgressPolicy::with_loopback().believing(Authorities::from_pem(AUTHORITY).unwrap())
    }

    fn greets(policy: &EgressPolicy, peer: &Peer, authority: Option<&str>) -> bool {
        shake_hands(peer_config(policy, peer).unwrap(), authority).is_ok()
    }

    #[test]
    fn a_pinned_server_shows_that_key_and_a_certificate_that_is_believed() {
        let pinned = |pins: &[Pin]| Peer { pins: pins.to_vec(), identity: None };
        let (right, other) = (pin_of(CERTIFICATE), pin_of(AUTHORITY));
        assert!(greets(&believing(), &pinned(&[right]), None));
        assert!(greets(&believing(), &pinned(&[other, right]), None), "the next key is pinned before it is used");
        assert!(!greets(&believing(), &pinned(&[other]), None));
        assert!(!greets(&EgressPolicy::with_loopback(), &pinned(&[right]), None), "a pin replaces no authority");
    }

    #[test]
    fn a_server_that_asks_who_we_are_is_told() {
        let known = || Peer { pins: vec![], identity: Identity::from_pem(include_str!("testdata/client.pem")).ok() };
        assert!(greets(&believing(), &known(), Some(AUTHORITY)));
        assert!(!greets(&believing(), &Peer::default(), Some(AUTHORITY)));
    }

    #[test]
    fn a_pin_is_read_in_its_usual_spelling_only() {
        let pin = Pin([7; 32]);
        let text = format!("sha256/{}", STANDARD.encode([7; 32]));
        assert_eq!(Pin::parse(&text), Ok(pin));
        for wrong in ["", "sha256/", "sha1/AAAA", &text[7..], &text[..text.len() - 4]] {
            assert!(Pin::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_identity_needs_a_certificate_and_its_key() {
        assert!(Identity::from_pem(&format!("{CERTIFICATE}{KEY}")).is_ok());
        assert!(Identity::from_pem(CERTIFICATE).is_err());
        assert!(Identity::from_pem(KEY).is_err());
    }
}
