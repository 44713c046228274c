use super::*;
use proptest::prelude::*;

/// Counts up: different bytes each time, the same in each run.
struct Counting(std::sync::atomic::AtomicU8);

impl Randomness for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn random() -> Counting {
    Counting(std::sync::atomic::AtomicU8::new(1))
}

fn sealing(root: u8, organisation: &str) -> Sealing {
    Root::new(&RootKey::new(Zeroizing::new([root; 32]))).with(organisation.into(), Peppers(vec![]))
}

fn provider(byte: u8) -> ProviderId {
    ProviderId::from_random(&[byte; 12])
}

const CREDENTIAL: &str = "sk-live-0123456789";

fn binding(base_url: &str) -> CredentialBinding<'_> {
    CredentialBinding { provider: provider(1), credential: CredentialId::from_random(&[1; 12]), version: 3, base_url }
}

fn sealed() -> Vec<u8> {
    let secret = SecretText::new(CREDENTIAL.into());
    sealing(7, "org").seal_credential(&random(), &binding("https://api.example.com/v1"), &secret).unwrap()
}

fn open(sealing: &Sealing, binding: &CredentialBinding<'_>, blob: &[u8]) -> Result<String, SealError> {
    sealing.open_credential(binding, blob).map(|secret| secret.expose().to_owned())
}

#[test]
fn a_sealed_credential_opens_where_it_belongs() {
    let here = binding("https://api.example.com/v1");
    assert_eq!(open(&sealing(7, "org"), &here, &sealed()).as_deref(), Ok(CREDENTIAL));
    let same_host = binding("https://API.example.com:443/v2/openai");
    assert_eq!(open(&sealing(7, "org"), &same_host, &sealed()).as_deref(), Ok(CREDENTIAL), "only the path may change");
}

#[test]
fn it_opens_nowhere_else() {
    let here = binding("https://api.example.com/v1");
    let other_provider = CredentialBinding { provider: provider(2), ..here };
    let other_credential = CredentialBinding { credential: CredentialId::from_random(&[2; 12]), ..here };
    let older = CredentialBinding { version: 2, ..here };
    let elsewhere = [
        other_provider,
        other_credential,
        older,
        binding("https://evil.example.com/v1"),
        binding("http://api.example.com/v1"),
        binding("https://api.example.com:8443/v1"),
        binding("not an address"),
    ];
    for binding in elsewhere {
        assert_eq!(open(&sealing(7, "org"), &binding, &sealed()), Err(SealError::DoesNotOpen), "{binding:?}");
    }
    assert_eq!(open(&sealing(7, "other"), &here, &sealed()), Err(SealError::DoesNotOpen), "another installation");
    assert_eq!(open(&sealing(8, "org"), &here, &sealed()), Err(SealError::OtherRoot), "another root secret");
}

#[test]
fn the_same_text_never_looks_the_same_twice_and_never_shows() {
    let (sealing, random) = (sealing(7, "org"), random());
    let secret = SecretText::new(CREDENTIAL.into());
    let seal = || sealing.seal_credential(&random, &binding("https://api.example.com"), &secret).unwrap();
    let (first, second) = (seal(), seal());
    assert_ne!(first, second);
    assert!(!first.windows(4).any(|window| window == b"sk-l"));
}

#[test]
fn a_named_secret_opens_under_its_name_only() {
    let sealing = sealing(7, "org");
    let blob = sealing.seal_named(&random(), "issuer/okta/client-secret", b"s3cret").unwrap();
    assert_eq!(sealing.open_named("issuer/okta/client-secret", &blob).unwrap().as_slice(), b"s3cret");
    assert_eq!(sealing.open_named("issuer/ping/client-secret", &blob), Err(SealError::DoesNotOpen));
}

#[test]
fn a_fingerprint_tells_credentials_apart_and_depends_on_the_root() {
    let of = |root, text: &str| sealing(root, "org").fingerprint(&SecretText::new(text.into()));
    assert_eq!(of(7, "a"), of(7, "a"));
    assert_ne!(of(7, "a"), of(7, "b"));
    assert_ne!(of(7, "a"), of(8, "a"), "a list of likely secrets cannot be tried without the root");
    assert_eq!(of(7, "a").chars().count(), 8);
}

proptest! {
    #[test]
    fn any_changed_byte_keeps_it_closed(at in 0usize..200, flip in 1u8..) {
        let mut blob = sealed();
        let at = at % blob.len();
        blob[at] ^= flip;
        prop_assert!(open(&sealing(7, "org"), &binding("https://api.example.com"), &blob).is_err());
    }

    #[test]
    fn no_bytes_panic_the_opener(blob in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(open(&sealing(7, "org"), &binding("https://api.example.com"), &blob).is_err());
    }

    #[test]
    fn a_cut_or_longer_text_stays_closed(length in 0usize..300) {
        let mut blob = sealed();
        prop_assume!(length != blob.len());
        blob.resize(length, 0);
        prop_assert!(open(&sealing(7, "org"), &binding("https://api.example.com"), &blob).is_err());
    }
}
