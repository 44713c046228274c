//! The real binary as a child process, and people at it who have cookies but no script.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

/// `keywright dev` on a free port. Killed by its own id when dropped.
pub struct TestApp {
    pub origin: String,
    pub data: TempDir,
    process: Child,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_on(tempfile::tempdir().unwrap()).await
    }

    /// On a data folder that may have been used before.
    pub async fn start_on(data: TempDir) -> Self {
        let (mut process, mut lines) = spawn_dev(data.path());
        let origin = loop {
            let line = lines.next_line().await.unwrap();
            let Some(line) = line else { panic!("dev ended with {:?}", process.wait().await) };
            if let Some(origin) = line.strip_prefix("Open ") {
                break origin.trim().to_owned();
            }
        };
        // The pipe is read to its end, so that the process never waits for it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { origin, data, process }
    }

    /// SIGKILL: nothing gets to say goodbye.
    pub async fn kill(mut self) -> TempDir {
        self.process.kill().await.unwrap();
        self.data
    }

    pub async fn signed_in_as(&self, account: &str) -> Person {
        let person = self.anonymous();
        let picker = person.follow("/auth/login/dev").await;
        let at = picker.body.find(&format!("account={account}\"")).expect("the picker offers this account");
        let start = picker.body[..at].rfind("href=\"").unwrap() + "href=\"".len();
        let query = picker.body[start..at].replace("&amp;", "&");
        let home = person.follow(&format!("{}{query}account={account}", picker.path)).await;
        assert_eq!((home.status, home.path.as_str()), (200, "/"), "{}", home.body);
        person
    }

    pub fn anonymous(&self) -> Person {
        #[expect(clippy::disallowed_methods, reason = "a browser, not a part of the process; redirects are followed by hand")]
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Person { origin: self.origin.clone(), client, cookies: Mutex::default() }
    }
}

pub fn spawn_dev(data: &Path) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_keywright"))
        .args(["dev", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    (process, lines)
}

/// Someone at a browser without script.
pub struct Person {
    origin: String,
    client: reqwest::Client,
    cookies: Mutex<BTreeMap<String, String>>,
}

#[derive(Debug)]
pub struct Seen {
    pub status: u16,
    /// The path of the page that was reached.
    pub path: String,
    pub location: Option<String>,
    pub body: String,
}

impl Person {
    pub async fn get(&self, path: &str) -> Seen {
        self.send(self.client.get(format!("{}{path}", self.origin)), path).await
    }

    /// As a browser posts a form of our own page.
    pub async fn post(&self, path: &str, form: &[(&str, &str)]) -> Seen {
        let request = self.client.post(format!("{}{path}", self.origin)).header("sec-fetch-site", "same-origin");
        self.send(request.form(form), path).await
    }

    /// Follows redirects, at most twelve.
    pub async fn follow(&self, path: &str) -> Seen {
        let mut path = path.to_owned();
        for _ in 0..12 {
            let seen = self.get(&path).await;
            let Some(location) = &seen.location else { return seen };
            path = location.strip_prefix(&self.origin).unwrap_or(location).to_owned();
        }
        panic!("redirected too often, the last time to {path}");
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> Seen {
        let cookies = self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let response = request.header("cookie", cookies.join("; ")).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.into(), value.into());
        }
        Seen {
            status: response.status().as_u16(),
            path: path.split('?').next().unwrap().to_owned(),
            location: response.headers().get("location").map(|location| location.to_str().unwrap().to_owned()),
            body: response.text().await.unwrap(),
        }
    }
}
