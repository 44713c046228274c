//! The real binary as a child process, and people at it who have cookies but no script.

use crate::process::{PATIENCE, Running, dev};
use reqwest::Method;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Mutex;
use tempfile::TempDir;
use tokio::process::Command;

/// `keywright dev` on a free port. Killed by its own id when dropped.
pub struct TestApp {
    pub origin: String,
    pub data: TempDir,
    pub process: Running,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_on(tempfile::tempdir().unwrap()).await
    }

    /// On a data folder that may have been used before.
    pub async fn start_on(data: TempDir) -> Self {
        let command = dev(data.path());
        Self::start_as(command, data).await
    }

    pub async fn start_as(command: Command, data: TempDir) -> Self {
        let process = Running::spawn(command);
        let said = process.said("Open ").await;
        let origin = said.strip_prefix("Open ").unwrap().trim().to_owned();
        Self { origin, data, process }
    }

    /// SIGTERM. Whatever the story was, the process ends well and no part of it has failed.
    pub async fn stop(self) -> TempDir {
        self.process.terminate();
        let (status, written) = self.process.ended().await;
        assert!(status.success(), "{status}: {written}");
        assert!(!written.contains("panic") && !written.contains("please report this"), "{written}");
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

    /// One successful call; answers its request id.
    pub async fn call(&self, key: &str, model: &str) -> String {
        let (status, request_id, body) = self.try_call(key, model).await;
        assert_eq!(status, 200, "{body}");
        request_id
    }

    pub async fn try_call(&self, key: &str, model: &str) -> (u16, String, String) {
        let seen = self.ask_model(key, model, "Hello").await;
        (seen.status, seen.request_id().to_owned(), seen.body)
    }

    pub async fn ask_model(&self, key: &str, model: &str, prompt: &str) -> Seen {
        let question = json!({ "model": model, "messages": [{ "role": "user", "content": prompt }] });
        self.anonymous()
            .ask(Method::POST, "/v1/chat/completions", |request| request.bearer_auth(key).json(&question))
            .await
    }

    /// What `GET /v1/key` says.
    pub async fn key_facts(&self, key: &str) -> Value {
        let seen = self.anonymous().ask(Method::GET, "/v1/key", |request| request.bearer_auth(key)).await;
        assert_eq!(seen.status, 200, "{}", seen.body);
        seen.json()
    }

    /// What all calls of this key have cost, in nano-dollars.
    pub async fn spent(&self, key: &str) -> u64 {
        nano(self.key_facts(key).await["budgets"][0]["spent"].as_str().unwrap())
    }

    /// `keywright audit verify` and the like, asked of this process. Answers what it says if it is content.
    pub async fn command(&self, words: [&str; 2]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_keywright"));
        let output = command.args(words).arg("--data").arg(self.data.path()).output().await.unwrap();
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// The books agree, and this key's calls are all there is.
    pub async fn ledger_holds_exactly(&self, nano_usd: u64) {
        let said = self.command(["ledger", "verify"]).await;
        let sum = said.split('$').nth(1).unwrap().split(' ').next().unwrap();
        assert_eq!(nano(sum), nano_usd, "{said}");
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

/// An exact decimal amount in dollars as nano-dollars: a second reading of money, apart from the product's own.
pub fn nano(dollars: &str) -> u64 {
    let (whole, fraction) = dollars.split_once('.').unwrap_or((dollars, ""));
    assert!(fraction.len() <= 9, "{dollars}");
    format!("{}{fraction:0<9}", whole.replace(',', "")).parse().unwrap()
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
    pub headers: HeaderMap,
    pub body: String,
}

impl Person {
    pub async fn get(&self, path: &str) -> Seen {
        self.send(self.client.get(format!("{}{path}", self.origin)), path).await
    }

    /// Any request, made as it is told.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        made: impl FnOnce(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Seen {
        self.send(made(self.client.request(method, format!("{}{path}", self.origin))), path).await
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
        let minted = self.fill_in("/keys/new", &[("name", name)]).await;
        minted.secret().unwrap_or_else(|| panic!("{}: {}", minted.status, minted.body))
    }

    /// Opens a page and sends its form, changed in these fields only.
    pub async fn fill_in(&self, path: &str, changes: &[(&str, &str)]) -> Seen {
        let form = self.get(path).await.fields_with(changes);
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        self.post(path, &form).await
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
            headers: response.headers().clone(),
            body: match response.headers().get("content-type") {
                // An event stream goes on; that it has begun is all there is to see.
                Some(kind) if kind.as_bytes().starts_with(b"text/event-stream") => String::new(),
                _ => response.text().await.unwrap(),
            },
        }
    }
}

impl Seen {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} is not JSON: {}", self.path, self.body))
    }

    pub fn request_id(&self) -> &str {
        let id = self.headers.get("x-request-id").unwrap_or_else(|| panic!("no request id: {self:?}"));
        id.to_str().unwrap()
    }

    /// A whole key on the page.
    pub fn secret(&self) -> Option<String> {
        let mut words = self.body.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.find(|word| word.len() == 66 && word.starts_with("kwr_")).map(str::to_owned)
    }

    /// The form of this page with some fields filled in otherwise.
    pub fn fields_with(&self, changes: &[(&str, &str)]) -> Vec<(String, String)> {
        let mut form = self.fields();
        form.retain(|(field, _)| changes.iter().all(|(changed, _)| changed != field));
        form.extend(changes.iter().map(|&(field, value)| (field.into(), value.into())));
        form
    }

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

/// An answer as it comes.
pub struct Stream {
    response: reqwest::Response,
    read: String,
}

impl Person {
    pub async fn stream(&self, path: &str, key: &str, question: &Value) -> Stream {
        let request = self.client.post(format!("{}{path}", self.origin)).bearer_auth(key).json(question);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Stream { response, read: String::new() }
    }

    /// A form of our own page that is answered in events.
    pub async fn stream_form(&self, path: &str, form: &[(String, String)]) -> Stream {
        let request = self.client.post(format!("{}{path}", self.origin)).header("sec-fetch-site", "same-origin");
        let cookies =
            self.cookies.lock().unwrap().iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        let response = request.header("cookie", cookies.join("; ")).form(form).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { response, read: String::new() }
    }
}

impl Stream {
    /// Reads until this has come.
    pub async fn until(&mut self, words: &str) {
        while !self.read.contains(words) {
            assert!(self.piece().await, "ended after {}", self.read);
        }
    }

    /// Everything from the beginning to the end, however it ends.
    pub async fn read_out(mut self) -> String {
        while self.piece().await {}
        self.read
    }

    async fn piece(&mut self) -> bool {
        let piece = tokio::time::timeout(PATIENCE, self.response.chunk()).await.expect("something comes");
        let Ok(Some(piece)) = piece else { return false };
        self.read.push_str(std::str::from_utf8(&piece).unwrap());
        true
    }
}
