//! The folder of an installation: its configuration, its root secret, and where its database is.

use crate::Problem;
use portal::bootstrap::bootstrap;
use portal::sealing::{RootKey, Sealing};
use server::clock::{SystemClock, SystemRandomness};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use store::Store;
use zeroize::Zeroizing;

const ROOT: [u8; 32] = *b"the bench has nothing to protect";

/// Makes it ready for a process that will listen at `port`. What is there already stays, but for the port.
pub fn lay_out(folder: &Path, port: u16) -> Result<(), Problem> {
    std::fs::create_dir_all(folder)?;
    let root = folder.join("root.key");
    match std::fs::OpenOptions::new().create_new(true).write(true).mode(0o400).open(root) {
        Ok(mut file) => file.write_all(&ROOT)?,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.create(true).write(true).truncate(true).mode(0o600).open(folder.join("keywright.toml"))?;
    Ok(file.write_all(configuration(folder, port).as_bytes())?)
}

pub fn database_url(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("keywright.db").display())
}

/// The installation's secrets, opened as the process opens them.
pub async fn unseal(store: &Store) -> Result<Sealing, Problem> {
    Ok(bootstrap(store, RootKey::new(Zeroizing::new(ROOT)), &SystemClock, &SystemRandomness).await?)
}

/// Durability as shipped; the limits that are about strangers are lifted, since everything comes from one address.
fn configuration(folder: &Path, port: u16) -> String {
    let folder = folder.display();
    format!(
        r#"public_origin = "http://127.0.0.1:{port}"
listen = "127.0.0.1:{port}"
database_url = "sqlite:{folder}/keywright.db"
data_dir = "{folder}/data"

[organisation]
name = "Bench"

[root]
source = "file"
file = "{folder}/root.key"

[egress]
allow = ["127.0.0.0/8"]

[limits]
connections_per_address = 10000
lb_delay_seconds = 0
drain_seconds = 5

[[issuer]]
id = "unused"
name = "Unused"
url = "http://127.0.0.1:9"
client_id = "bench"
client_secret = "never sent anywhere"
"#
    )
}
