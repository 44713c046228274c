//! Whose certificates are believed: Mozilla's roots, compiled in, so that the answer is the same on every machine, also
//! in an image without certificates; and the company's own, where the configuration names them.
//!
//! A file that holds no certificate, or one that cannot be an authority, is refused as a whole when it is read: believing
//! a part of what an administrator listed would show only when something inside cannot be called.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// What is believed in addition to the public authorities.
#[derive(Debug, Clone, Default)]
pub struct Authorities(Arc<[CertificateDer<'static>]>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("the file is not PEM: {0}")]
    NotPem(String),
    #[error("the file holds no certificate; it needs at least one that begins with -----BEGIN CERTIFICATE-----")]
    Empty,
    #[error("certificate {at} of the file cannot be an authority: {problem}")]
    NotAnAuthority { at: usize, problem: String },
}

impl Authorities {
    /// Reads certificates one after the other; whatever else stands between them (names, comments) is passed over.
    pub fn from_pem(text: &str) -> Result<Self, BundleError> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
        let certificates = read.map_err(|error| BundleError::NotPem(error.to_string()))?;
        if certificates.is_empty() {
            return Err(BundleError::Empty);
        }
        let mut tried = RootCertStore::empty();
        for (at, certificate) in certificates.iter().enumerate() {
            let added = tried.add(certificate.clone());
            added.map_err(|error| BundleError::NotAnAuthority { at: at + 1, problem: error.to_string() })?;
        }
        Ok(Self(certificates.into()))
    }

    /// In DER, for clients with a trust store of their own.
    pub fn certificates(&self) -> impl Iterator<Item = Vec<u8>> {
        self.0.iter().map(|certificate| certificate.to_vec())
    }

    pub(super) fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        // Each was tried when it was read.
        roots.add_parsable_certificates(self.0.iter().cloned());
        roots
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use rustls::pki_types::{PrivateKeyDer, ServerName};
    use rustls::server::WebPkiClientVerifier;
    use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection};

    use super::*;
    use crate::http::egress::{EgressPolicy, tls_config};

    /// An authority, and a certificate by it for `localhost`; both for a hundred years and for nothing but this test.
    pub(in crate::http::egress) const AUTHORITY: &str = include_str!("testdata/authority.pem");
    const CERTIFICATE: &str = include_str!("testdata/localhost.pem");
    const KEY: &str = include_str!("testdata/localhost.key.pem");

    fn handshake(policy: &EgressPolicy) -> Result<(), rustls::Error> {
        shake_hands(tls_config(policy).unwrap(), None)
    }

    /// A handshake in memory: what the client says to `localhost`'s certificate, and the server to the client's, if it
    /// asks for one by this authority.
    pub(in crate::http::egress) fn shake_hands(
        client: ClientConfig,
        authority: Option<&str>,
    ) -> Result<(), rustls::Error> {
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(KEY.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider));
        let server = server.with_safe_default_protocol_versions().unwrap();
        let server = match authority {
            None => server.with_no_client_auth(),
            Some(pem) => {
                let roots = Arc::new(Authorities::from_pem(pem).unwrap().roots());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap();
                server.with_client_cert_verifier(verifier)
            }
        };
        let server = server.with_single_cert(chain, key).unwrap();
        let mut server = ServerConnection::new(Arc::new(server)).unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut client = ClientConnection::new(Arc::new(client), name).unwrap();
        while client.is_handshaking() || server.is_handshaking() {
            let mut wire = Vec::new();
            client.write_tls(&mut wire).unwrap();
            // One read takes a few kilobytes at most.
            let mut unread = wire.as_slice();
            while !unread.is_empty() {
                server.read_tls(&mut unread).unwrap();
                server.process_new_packets()?;
            }
            let mut wire = Vec::new();
            server.write_tls(&mut wire).unwrap();
            let mut unread = wire.as_slice();
            while !unread.is_empty() {
                client.read_tls(&mut unread).unwrap();
                client.process_new_packets()?;
            }
        }
        Ok(())
    }

    #[test]
    fn a_certificate_by_an_own_authority_is_believed_only_if_the_authority_is_listed() {
        let strict = EgressPolicy::with_loopback();
        assert!(matches!(handshake(&strict), Err(rustls::Error::InvalidCertificate(_))));
        let own = Authorities::from_pem(&format!("Our authority\n{AUTHORITY}")).unwrap();
        assert_eq!(handshake(&strict.believing(own)), Ok(()));
    }

    #[test]
    fn own_authorities_come_beside_the_public_ones() {
        let public = Authorities::default().roots().len();
        assert!(public > 50);
        assert_eq!(Authorities::from_pem(AUTHORITY).unwrap().roots().len(), public + 1);
    }

    #[test]
    fn a_bundle_is_good_as_a_whole_or_refused() {
        assert_eq!(Authorities::from_pem("").unwrap_err(), BundleError::Empty);
        assert_eq!(Authorities::from_pem(KEY).unwrap_err(), BundleError::Empty);
        let torn = &AUTHORITY[..AUTHORITY.len() - 40];
        assert!(matches!(Authorities::from_pem(torn), Err(BundleError::NotPem(_))));
        let nonsense = format!("{AUTHORITY}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        assert!(matches!(Authorities::from_pem(&nonsense), Err(BundleError::NotAnAuthority { at: 2, .. })));
    }
}
