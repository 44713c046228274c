//! What a mail server's answers mean, against one that answers what it is told to.

use super::*;
use crate::config::Secret;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

/// Answers each command by its first word; everything else is `250 Ok`. Keeps what it was sent.
struct Scripted {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

/// What a command begins with, and what it is answered.
type Script = &'static [(&'static str, &'static str)];

impl Scripted {
    async fn answering(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let keeps = heard.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 ready\r\n").await.unwrap();
                let mut in_data = false;
                while let Ok(Some(line)) = lines.next_line().await {
                    keeps.lock().unwrap().push(line.clone());
                    let answer = match (in_data, line.as_str()) {
                        (true, ".") => "250 taken",
                        (true, _) => continue,
                        (false, line) => {
                            let told = script.iter().find(|(command, _)| line.starts_with(command));
                            told.map_or("250 Ok", |(_, answer)| answer)
                        }
                    };
                    in_data = answer.starts_with("354");
                    if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() || line == "QUIT" {
                        break;
                    }
                }
            }
        });
        Self { port, heard }
    }

    fn relay(&self, protection: Protection, login: Option<(String, Secret)>) -> Relay {
        relay_at(self.port, protection, login)
    }

    fn heard(&self, word: &str) -> bool {
        self.heard.lock().unwrap().iter().any(|line| line.contains(word))
    }
}

fn relay_at(port: u16, protection: Protection, login: Option<(String, Secret)>) -> Relay {
    let from = "Keywright <keywright@example.com>".parse().unwrap();
    let server = MailServer { host: "127.0.0.1".into(), port, protection, from, login };
    Relay::new(&server, "keys.example.com", &Authorities::default()).unwrap()
}

fn letter() -> Message {
    let from = "keywright@example.com".parse().unwrap();
    let to = "dan@example.com".parse().unwrap();
    Message::builder().from(from).to(to).subject("Hello").body("Private text\n".to_owned()).unwrap()
}

const DATA: (&str, &str) = ("DATA", "354 go on");

#[tokio::test]
async fn a_letter_that_is_taken_is_delivered() {
    let server = Scripted::answering(&[DATA]).await;
    assert_eq!(server.relay(Protection::Loopback, None).deliver(letter()).await, Ok(()));
    assert!(server.heard("EHLO keys.example.com") && server.heard("RCPT TO:<dan@example.com>"));
    assert!(server.heard("Private text"));
}

#[tokio::test]
async fn a_refusal_says_whether_to_try_again_and_whose_fault_it_is() {
    let rows: [(Script, bool, bool); 3] = [
        (&[("RCPT", "550 5.1.1 no such user")], false, false),
        (&[("RCPT", "451 4.7.1 come back later")], true, false),
        (&[("EHLO", "421 4.3.2 closing down")], true, true),
    ];
    for (script, may_help_again, is_servers) in rows {
        let server = Scripted::answering(script).await;
        let failure = server.relay(Protection::Loopback, None).deliver(letter()).await.unwrap_err();
        assert_eq!((failure.may_help_again, failure.is_servers), (may_help_again, is_servers), "{failure:?}");
        let said = script[0].1.split_once(' ').unwrap().1;
        assert!(failure.problem.contains(said.split(' ').next_back().unwrap()), "{failure:?}");
        assert!(failure.problem.starts_with("127.0.0.1:"), "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_away_is_tried_again_and_the_next_letter_waits() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let failure = relay_at(port, Protection::Loopback, None).deliver(letter()).await.unwrap_err();
    assert!(failure.may_help_again && failure.is_servers, "{failure:?}");
}

#[tokio::test]
async fn a_wrong_password_is_the_servers_matter_and_is_not_repeated() {
    let script: &[_] = &[("EHLO", "250-here\r\n250 AUTH PLAIN LOGIN"), ("AUTH", "535 5.7.8 wrong")];
    let server = Scripted::answering(script).await;
    let login = Some(("keywright".to_owned(), Secret::new("correct horse")));
    let relay = server.relay(Protection::Loopback, login);
    let failure = relay.deliver(letter()).await.unwrap_err();
    assert!(failure.may_help_again && failure.is_servers, "{failure:?}");
    assert!(!failure.problem.contains("horse"));
    assert!(relay.try_out().await.unwrap_err().contains("wrong"));
}

#[tokio::test]
async fn nothing_goes_out_in_the_open_to_a_server_that_will_not_have_tls() {
    let server = Scripted::answering(&[DATA]).await;
    let login = Some(("keywright".to_owned(), Secret::new("correct horse")));
    let relay = server.relay(Protection::StartTls, login);
    assert!(relay.deliver(letter()).await.is_err());
    assert!(relay.try_out().await.is_err());
    for word in ["AUTH", "MAIL", "RCPT", "Private text"] {
        assert!(!server.heard(word), "{word}");
    }
}
