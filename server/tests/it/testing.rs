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
    _data: TempDir,
    _process: Child,
}

impl TestApp {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
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
        Self { origin, _data: data, _process: process }
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

    /// One successful call; answers its request id.
    pub async fn call(&self, key: &str, model: &str) -> String {
        let (status, request_id, body) = self.try_call(key, model).await;
        assert_eq!(status, 200, "{body}");
        request_id
    }

    pub async fn try_call(&self, key: &str, model: &str) -> (u16, String, String) {
        let question = serde_json::json!({ "model": model, "messages": [{ "role": "user", "content": "Hello" }] });
        let request = self.anonymous().client.post(format!("{}/v1/chat/completions", self.origin));
        let response = request.bearer_auth(key).json(&question).send().await.unwrap();
        let request_id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        (response.status().as_u16(), request_id, response.text().await.unwrap())
    }

    pub fn anonymous(&self) -> Person {
        #[expect(
            clippy::disallowed_methods,
            reason = "a browser, not a part of the process; redirects are followed by hand"
        )]
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

    /// With these headers only: as another site's form or a script would.
    pub async fn post_with(&self, path: &str, form: &[(&str, &str)], headers: &[(&'static str, &str)]) -> Seen {
        let request = self.client.post(format!("{}{path}", self.origin)).form(form);
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)), path).await
    }

    /// Mints a key with everything as the form proposes it; answers the whole key.
    pub async fn mint(&self, name: &str) -> String {
        let page = self.get("/keys/new").await;
        let mut form = page.fields();
        form.retain(|(field, _)| field != "name");
        form.push(("name".into(), name.into()));
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let minted = self.post("/keys/new", &form).await;
        let start = minted.body.find("kwr_").unwrap_or_else(|| panic!("{}: {}", minted.status, minted.body));
        let secrets = minted.body[start..].split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        secrets.into_iter().find(|word| word.len() == 66).expect("the page shows the secret").to_owned()
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
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
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
            body: match response.headers().get("content-type") {
                // An event stream goes on; that it has begun is all there is to see.
                Some(kind) if kind.as_bytes().starts_with(b"text/event-stream") => String::new(),
                _ => response.text().await.unwrap(),
            },
        }
    }
}

impl Seen {
    /// The first id with this prefix on the page.
    pub fn first_id(&self, prefix: &str) -> String {
        let found = self.body.match_indices(prefix).map(|(at, _)| &self.body[at..]);
        let mut ids = found.filter_map(|text| text.get(..prefix.len() + 12));
        ids.find(|id| id[prefix.len()..].bytes().all(|byte| byte.is_ascii_alphanumeric()))
            .unwrap_or_else(|| panic!("no {prefix} on {}: {}", self.path, self.body))
            .to_owned()
    }

    /// What a browser would send if nothing was typed: fields of the page's last form.
    pub fn fields(&self) -> Vec<(String, String)> {
        let form = self.body.rsplit_once("<form").map_or("", |(_, form)| form);
        let mut fields = Vec::new();
        for tag in form.split('<').filter(|tag| tag.starts_with("input ") || tag.starts_with("textarea ")) {
            let attribute = |name: &str| {
                let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
                Some(rest.split('"').next().unwrap().to_owned())
            };
            let chosen =
                !matches!(attribute("type").as_deref(), Some("radio" | "checkbox")) || tag.contains(" checked");
            if let (Some(name), true) = (attribute("name"), chosen) {
                let text = tag.strip_prefix("textarea").map(|tag| tag.split_once('>').unwrap().1.to_owned());
                fields.push((name, text.or_else(|| attribute("value")).unwrap_or_default()));
            }
        }
        for select in form.split("<select").skip(1) {
            let (head, options) = select.split_once('>').unwrap();
            let name = head.split_once("name=\"").unwrap().1.split('"').next().unwrap();
            let options = options.split("</select>").next().unwrap();
            let chosen = options.split("<option").skip(1).find(|option| option.contains("selected"));
            let chosen = chosen.or_else(|| options.split("<option").nth(1)).unwrap_or_default();
            let value = chosen.split_once("value=\"").map_or("", |(_, rest)| rest.split('"').next().unwrap());
            fields.push((name.to_owned(), value.to_owned()));
        }
        fields
    }
}
