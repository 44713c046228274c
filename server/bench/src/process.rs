//! Starts what is measured, on the gateway's core, and ends it: Keywright, nginx and the steps of the ladder.
//!
//! A process is killed when its guard is dropped, by its own id, so that none outlives a run that failed.

use crate::Problem;
use crate::pin::spawn_on;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub struct Running {
    child: Child,
    name: String,
}

impl Running {
    pub fn start(name: &str, core: Option<usize>, command: &mut Command) -> Result<Self, Problem> {
        let child = spawn_on(core, command).map_err(|error| format!("{name} cannot be started: {error}"))?;
        Ok(Self { child, name: name.to_owned() })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The first line of its standard output.
    pub fn first_line(&mut self) -> Result<String, Problem> {
        let output = self.child.stdout.as_mut().ok_or("its output is not read")?;
        let mut line = String::new();
        BufReader::new(output.take(4_096)).read_line(&mut line)?;
        if line.is_empty() { Err(format!("{} ended without a word", self.name).into()) } else { Ok(line) }
    }

    /// Fails if it has ended by itself.
    pub fn check(&mut self) -> Result<(), Problem> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("{} ended: {status}", self.name).into()),
        }
    }

    /// Asks it to stop as an operator would, and waits.
    pub async fn stop(mut self) -> Result<(), Problem> {
        let pid = i32::try_from(self.pid()).ok().and_then(rustix::process::Pid::from_raw).ok_or("no process id")?;
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let asked = Instant::now();
        while asked.elapsed() < STOPPED_WITHIN {
            if let Some(status) = self.child.try_wait()? {
                let orderly = status.success();
                return if orderly { Ok(()) } else { Err(format!("{} ended with {status}", self.name).into()) };
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Err(format!("{} did not stop within {STOPPED_WITHIN:?}", self.name).into())
    }
}

const STOPPED_WITHIN: Duration = Duration::from_secs(30);
const READY_WITHIN: Duration = Duration::from_secs(60);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that nothing listens on now. Needed where an address has to be known before the process starts.
pub fn free_port() -> Result<u16, Problem> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// `keywright serve` on an installation, and how long it took until it said that it is ready.
pub async fn keywright(
    binary: &Path,
    folder: &Path,
    port: u16,
    core: Option<usize>,
) -> Result<(Running, Duration), Problem> {
    let log =
        || Ok::<_, std::io::Error>(Stdio::from(File::options().create(true).append(true).open(folder.join("log"))?));
    let mut command = Command::new(binary);
    command.arg("serve").arg("--config").arg(folder.join("keywright.toml"));
    command.stdin(Stdio::null()).stdout(log()?).stderr(log()?);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("KEYWRIGHT_")) {
        command.env_remove(name);
    }
    let begun = Instant::now();
    let mut running = Running::start("keywright", core, &mut command)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    loop {
        let answer = get(address, "/readyz", "").await;
        if answer.is_ok_and(|(status, body)| status == 200 && body.contains("ready")) {
            return Ok((running, begun.elapsed()));
        }
        running.check().map_err(|problem| {
            let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
            format!("{problem}\n{log}")
        })?;
        if begun.elapsed() > READY_WITHIN {
            return Err("keywright did not become ready within a minute".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// One request on a connection of its own.
pub async fn get(address: SocketAddr, path: &str, headers: &str) -> Result<(u16, String), Problem> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok((crate::wire::status(&answer)?, String::from_utf8_lossy(&answer).into_owned()))
}
