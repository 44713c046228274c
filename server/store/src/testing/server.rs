//! One private PostgreSQL for this process, on a unix socket in a temporary folder.
//!
//! A shell supervises it and waits for the end of its own input, which is a pipe from this process: when the process
//! ends, even by a signal that cannot be caught, the pipe closes, and the shell stops the server by the number in its
//! `postmaster.pid` and removes the folder. PostgreSQL refuses to run as root, so there it runs as `postgres`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

pub(super) struct Server {
    folder: PathBuf,
    /// Its input stays open as long as this process lives.
    _supervisor: Child,
}

impl Server {
    pub(super) fn url(&self, database: &str) -> String {
        format!("postgres://keywright@localhost/{database}?host={}", self.folder.display())
    }
}

pub(super) fn running() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

/// `$0` binaries, `$1` folder. Settings trade safety after a power cut for speed, which a test does not need.
const SUPERVISE: &str = r#"
"$0/pg_ctl" --silent -D "$1/data" -l "$1/log" -w start -o "-k '$1' -c listen_addresses='' -c fsync=off \
    -c synchronous_commit=off -c full_page_writes=off -c max_connections=200" && echo ready || { cat "$1/log"; exit 1; }
cat > "$1/input"
"$0/pg_ctl" --silent -D "$1/data" -m immediate -w stop
rm -rf "$1"
"#;

fn start() -> Server {
    let binaries = binaries();
    let folder = tempfile::Builder::new().prefix("keywright-pg-").tempdir().expect("a temporary folder can be made");
    let account = unprivileged();
    if let Some(account) = account {
        chown(folder.path(), Some(account.user), Some(account.group)).expect("root may give a folder away");
    }
    let command = |program: &Path| {
        let mut command = Command::new(program);
        command.current_dir(folder.path());
        if let Some(account) = account {
            command.uid(account.user).gid(account.group);
        }
        command
    };

    let made = command(&binaries.join("initdb"))
        .arg("-D")
        .arg(folder.path().join("data"))
        .args(["-U", "keywright", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"])
        .output()
        .expect("initdb can be run");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

    let mut supervisor = command(Path::new("/bin/sh"))
        .arg("-c")
        .arg(SUPERVISE)
        .arg(&binaries)
        .arg(folder.path())
        // Out of the terminal's group: Ctrl-C ends the tests, and the supervisor must outlive them to clean up.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the supervising shell starts");
    let mut said = String::new();
    let output = supervisor.stdout.take().expect("the output is a pipe");
    BufReader::new(output).read_line(&mut said).expect("the supervising shell speaks UTF-8");
    assert_eq!(said.trim(), "ready", "PostgreSQL did not start");
    Server { folder: folder.keep(), _supervisor: supervisor }
}

/// The newest of Debian's.
fn binaries() -> PathBuf {
    let number = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .max_by_key(number)
        .expect(
            "PostgreSQL's programs are missing: install the package `postgresql`, or leave PostgreSQL out with \
                 KEYWRIGHT_TEST_ENGINES=sqlite",
        )
}

#[derive(Clone, Copy)]
struct Account {
    user: u32,
    group: u32,
}

/// The account `postgres`, if this process is root's.
fn unprivileged() -> Option<Account> {
    use std::os::unix::fs::MetadataExt;
    let root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    if !root {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").expect("the list of accounts can be read");
    let account = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some("postgres")).then_some(())?;
        Some(Account { user: fields.nth(1)?.parse().ok()?, group: fields.next()?.parse().ok()? })
    });
    Some(account.expect("the package `postgresql` makes an account `postgres`"))
}
