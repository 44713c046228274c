//! Without its root key a process serves nothing, makes no new one, and says so; with it, everything is as it was.

use crate::process::{Running, dev};
use crate::testing::TestApp;
use std::path::Path;
use tempfile::TempDir;

#[tokio::test]
async fn a_missing_root_key_seals_and_putting_it_back_unseals() {
    let (data, key) = used_before().await;
    let root = data.path().join("root.key");
    let kept = std::fs::read(&root).unwrap();
    std::fs::remove_file(&root).unwrap();

    everything_is_sealed(data.path()).await;
    assert!(!root.exists(), "a new root key would open nothing and hide the loss");

    std::fs::write(&root, &kept).unwrap();
    only_for_us(&root);
    everything_still_works(data, &key).await;
}

#[tokio::test]
async fn a_wrong_root_key_seals_and_is_left_alone() {
    let (data, key) = used_before().await;
    let root = data.path().join("root.key");
    let kept = std::fs::read(&root).unwrap();
    for wrong in [vec![7; 32], kept[..31].to_vec()] {
        std::fs::write(&root, &wrong).unwrap();
        everything_is_sealed(data.path()).await;
        assert_eq!(std::fs::read(&root).unwrap(), wrong);
    }
    std::fs::write(&root, &kept).unwrap();
    everything_still_works(data, &key).await;
}

#[tokio::test]
async fn a_second_process_on_the_same_data_does_not_start() {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("first come").await;
    let (status, said) = Running::spawn(dev(app.data.path())).ended().await;
    assert!(!status.success());
    assert!(said.contains("another Keywright process (process "), "{said}");
    assert!(said.contains("stop it first"), "{said}");
    app.call(&key, "demo-small").await;
    app.stop().await;
}

/// A folder with a key that was called, and what it has spent.
async fn used_before() -> (TempDir, (String, u64)) {
    let app = TestApp::start().await;
    let key = app.signed_in_as("developer").await.mint("kept").await;
    app.call(&key, "demo-small").await;
    let spent = app.spent(&key).await;
    assert!(spent > 0);
    (app.stop().await, (key, spent))
}

async fn everything_still_works(data: TempDir, (key, spent): &(String, u64)) {
    let app = TestApp::start_on(data).await;
    assert_eq!(app.spent(key).await, *spent);
    app.ledger_holds_exactly(*spent).await;
    assert!(app.command(["audit", "verify"]).await.contains("unbroken"));
    app.call(key, "demo-small").await;
    app.ledger_holds_exactly(2 * spent).await;
    // Its owner is somebody of the address before; an administrator sees everyone's.
    let administrator = app.signed_in_as("administrator").await;
    assert!(administrator.get(&format!("/keys/{}", &key[..16])).await.body.contains("kept"));
    app.stop().await;
}

async fn everything_is_sealed(data: &Path) {
    let process = Running::spawn(dev(data));
    let said = process.said("is missing or is not the one").await;
    let origin = said.split_whitespace().find_map(|word| word.strip_suffix("/healthz")).unwrap().to_owned();
    let app = TestApp { origin, data: tempfile::tempdir().unwrap(), process };
    let visitor = app.anonymous();
    assert_eq!(visitor.get("/healthz").await.status, 200);
    let ready = visitor.get("/readyz").await;
    assert_eq!((ready.status, ready.json()["state"].as_str()), (503, Some("sealed")));
    for path in ["/", "/keys", "/admin/audit", "/auth/login", "/auth/login/dev", "/dev-idp/authorize", "/nothing"] {
        let seen = visitor.get(path).await;
        assert_eq!(seen.status, 503, "{path}");
        assert!(seen.body.contains("sealed") && seen.body.contains(seen.request_id()), "{path}: {}", seen.body);
    }
    let call = app.ask_model("kwr_AAAAAAAAAAAA", "demo-small", "x").await;
    assert_eq!((call.status, call.json()["error"]["code"].as_str()), (503, Some("sealed")));
    assert_eq!(call.json()["error"]["request_id"], call.request_id());
    app.stop().await;
}

fn only_for_us(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
