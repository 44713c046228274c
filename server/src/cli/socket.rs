//! How commands reach the running process: a unix socket in its data folder, one line of JSON there, one line back.
//!
//! Who may open the socket is decided by the file system (mode 0600, in a folder of mode 0700): the operator of the
//! process and root, who could do everything anyway. The process holds the lock of the data folder while it listens, so
//! a socket file that is there before is left over from one that is gone, and is removed.
//! Lines are bounded and waiting is bounded; a broken line is answered with an error and changes nothing.

use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::config::data_dir::DataDir;

const FILE: &str = "keywright.sock";
const LONGEST_LINE: u64 = 64 * 1024;
/// The address of a unix socket has room for 108 bytes, its end included.
const LONGEST_PATH: usize = 107;
const READ_TIMEOUT: Duration = Duration::from_secs(5);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// What can be asked of a running process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Make a link for the first administrator.
    AdminInvite,
    AuditVerify,
    LedgerVerify {
        #[serde(default)]
        repair: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Lines to print.
    Done(Vec<String>),
    /// It was asked for correctly and did not succeed; the reason is for people.
    Failed(String),
}

#[derive(Debug, thiserror::Error)]
pub enum AskError {
    #[error("no Keywright process is running on the data folder {}; start it first (keywright dev, or keywright serve)", .0.display())]
    NotRunning(PathBuf),
    #[error("you may not command the process on the data folder {}; run this as the user that Keywright runs as", .0.display())]
    NotPermitted(PathBuf),
    #[error("the running process did not answer: {0}")]
    NoAnswer(io::Error),
    #[error("the running process gave an answer that this version does not understand; use the same version for both")]
    OtherVersion,
}

/// A socket that is ready; nothing is answered before [`Listener::serve`] runs.
pub struct Listener {
    listener: UnixListener,
    path: PathBuf,
}

impl Listener {
    /// The data folder is locked by this process, which is why an existing socket file can be removed.
    pub fn bind(data_dir: &DataDir) -> io::Result<Self> {
        let path = data_dir.path().join(FILE);
        if path.as_os_str().len() > LONGEST_PATH {
            let advice = format!(
                "the path of the data folder is too long for a socket in it; use one of at most {} bytes",
                LONGEST_PATH - FILE.len() - 1
            );
            return Err(io::Error::new(io::ErrorKind::InvalidInput, advice));
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers requests one after the other until `stop` is cancelled, then removes the socket file.
    pub async fn serve<H, F>(self, handle: H, stop: CancellationToken)
    where
        H: Fn(Request) -> F,
        F: Future<Output = Answer>,
    {
        while let Some(accepted) = stop.run_until_cancelled(self.listener.accept()).await {
            let result = match accepted {
                Ok((stream, _)) => answer_one(stream, &handle).await,
                Err(error) => {
                    stop.run_until_cancelled(tokio::time::sleep(Duration::from_millis(50))).await;
                    Err(error)
                }
            };
            if let Err(error) = result {
                tracing::debug!(%error, "a command through the socket was not completed: {error}");
            }
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer_one<H, F>(stream: UnixStream, handle: &H) -> io::Result<()>
where
    H: Fn(Request) -> F,
    F: Future<Output = Answer>,
{
    let mut stream = BufReader::new(stream);
    let line = tokio::time::timeout(READ_TIMEOUT, read_line(&mut stream)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(request) => handle(request).await,
        Err(_) => {
            Answer::Failed("this command is not known to the running process; use the same version for both".to_owned())
        }
    };
    write_line(&mut stream, &answer).await
}

/// Asks the process that runs on `data_dir`.
pub async fn ask(data_dir: &Path, request: &Request) -> Result<Answer, AskError> {
    let stream = UnixStream::connect(data_dir.join(FILE)).await.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => AskError::NotPermitted(data_dir.to_owned()),
        _ => AskError::NotRunning(data_dir.to_owned()),
    })?;
    let mut stream = BufReader::new(stream);
    let exchange = async {
        write_line(&mut stream, request).await?;
        read_line(&mut stream).await
    };
    let line = tokio::time::timeout(ANSWER_TIMEOUT, exchange)
        .await
        .map_err(io::Error::from)
        .and_then(|line| line)
        .map_err(AskError::NoAnswer)?;
    serde_json::from_str(&line).map_err(|_| AskError::OtherVersion)
}

async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(LONGEST_LINE).read_line(&mut line).await?;
    match line.pop() {
        Some('\n') => Ok(line),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "the line does not end where it should")),
    }
}

async fn write_line(stream: &mut BufReader<UnixStream>, message: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(message).map_err(io::Error::other)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    stream.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Running {
        folder: tempfile::TempDir,
        stop: CancellationToken,
        task: tokio::task::JoinHandle<()>,
    }

    fn run() -> Running {
        let folder = tempfile::tempdir().unwrap();
        let data_dir = DataDir::lock(folder.path()).unwrap();
        // Left over from a process that was killed.
        std::fs::write(folder.path().join(FILE), b"").unwrap();
        let listener = Listener::bind(&data_dir).unwrap();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let task = tokio::spawn(async move {
            let handle = |request| async move {
                match request {
                    Request::AdminInvite => Answer::Done(vec!["a link".to_owned()]),
                    other => Answer::Failed(format!("{other:?}")),
                }
            };
            listener.serve(handle, stopped).await;
            drop(data_dir);
        });
        Running { folder, stop, task }
    }

    #[tokio::test]
    async fn a_running_process_answers_and_cleans_up() {
        let running = run();
        let path = running.folder.path();
        let mode = std::fs::metadata(path.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let answer = ask(path, &Request::AdminInvite).await.unwrap();
        assert_eq!(answer, Answer::Done(vec!["a link".to_owned()]));
        let answer = ask(path, &Request::AuditVerify).await.unwrap();
        assert_eq!(answer, Answer::Failed("AuditVerify".to_owned()));

        running.stop.cancel();
        running.task.await.unwrap();
        let refused = ask(path, &Request::AdminInvite).await.unwrap_err();
        assert!(refused.to_string().contains("no Keywright process is running"));
        assert!(!path.join(FILE).exists());
    }

    #[tokio::test]
    async fn broken_and_endless_lines_do_no_harm() {
        let running = run();
        let path = running.folder.path();
        for (line, is_answered) in [
            ("{\"command\":\"unheard_of\"}\n".to_owned(), true),
            ("nonsense\n".to_owned(), true),
            ("no end".to_owned(), false),
            ("x".repeat(100_000), false),
        ] {
            let stream = UnixStream::connect(path.join(FILE)).await.unwrap();
            let mut stream = BufReader::new(stream);
            // The other side may hang up while a line that is too long is still being written.
            let _ = stream.write_all(line.as_bytes()).await;
            let _ = stream.shutdown().await;
            assert_eq!(read_line(&mut stream).await.is_ok(), is_answered);
        }
        assert!(ask(path, &Request::AdminInvite).await.is_ok());
    }
}
