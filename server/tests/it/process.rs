//! The binary as a child process: what it says on both of its outputs, signals to it, and its end.

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Nothing that a story waits for takes longer, on the slowest machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Killed by its own id when dropped.
pub struct Running {
    child: Child,
    written: watch::Receiver<String>,
    readers: [JoinHandle<()>; 2],
}

/// `keywright dev` on a free port.
pub fn dev(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
    command.args(["dev", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command
}

impl Running {
    pub fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (sender, written) = watch::channel(String::new());
        let readers = [
            tokio::spawn(gather(child.stdout.take().unwrap(), sender.clone())),
            tokio::spawn(gather(child.stderr.take().unwrap(), sender)),
        ];
        Self { child, written, readers }
    }

    /// The first line that contains this, as soon as it is written.
    pub async fn said(&self, words: &str) -> String {
        let mut written = self.written.clone();
        let found = tokio::time::timeout(PATIENCE, written.wait_for(|text| text.contains(words))).await;
        let text = match found {
            Ok(Ok(text)) => text.clone(),
            _ => panic!("never said {words:?}: {}", self.written.borrow().as_str()),
        };
        text.lines().find(|line| line.contains(words)).unwrap().to_owned()
    }

    pub fn terminate(&self) {
        kill_process(self.id(), Signal::TERM).unwrap();
    }

    /// From here on writing to a file beyond this size fails, as it does on a full disk. `None`: there is room again.
    /// The process has to ignore SIGXFSZ.
    pub fn limit_files(&self, bytes: Option<u64>) {
        let maximum = getrlimit(Resource::Fsize).maximum;
        let current = bytes.or(maximum);
        prlimit(Some(self.id()), Resource::Fsize, Rlimit { current, maximum }).unwrap();
    }

    /// Waits for the end; answers how it ended and everything that was written.
    pub async fn ended(mut self) -> (ExitStatus, String) {
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").unwrap();
        for reader in self.readers {
            reader.await.unwrap();
        }
        let written = self.written.borrow().clone();
        (status, written)
    }

    fn id(&self) -> Pid {
        Pid::from_raw(self.child.id().expect("it runs").try_into().unwrap()).unwrap()
    }
}

/// Reads to the end, so that the process never waits for its pipe. A failed test shows all of it.
#[expect(clippy::print_stderr, reason = "shown by the test runner, for a test that failed")]
async fn gather(output: impl AsyncRead + Unpin, sender: watch::Sender<String>) {
    let mut lines = BufReader::new(output).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        eprintln!("{line}");
        sender.send_modify(|text| {
            text.push_str(&line);
            text.push('\n');
        });
    }
}
