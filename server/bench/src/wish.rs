//! What a request asks of the scripted provider, written into its prompt: the one place that every gateway passes on
//! unchanged.

use serde_json::json;
use std::time::Duration;

/// How the provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Events of text in a stream; a role, a finish, the usage and the end come around them.
    pub texts: u32,
    /// Between events; zero sends each as soon as the one before is written.
    pub pace: Duration,
    pub streamed: bool,
}

/// Around the texts: the role before them; finish, usage and `[DONE]` behind.
const FRAME: u32 = 4;

impl Wish {
    pub const PLAIN: Self = Self { texts: 0, pace: Duration::ZERO, streamed: false };
    /// 22 events in all.
    pub const UNPACED: Self = Self { texts: 18, pace: Duration::ZERO, streamed: true };
    pub const PACED: Self = Self { pace: Duration::from_millis(20), ..Self::UNPACED };

    /// Events of a whole stream.
    pub const fn events(&self) -> u32 {
        if self.streamed { self.texts + FRAME } else { 0 }
    }

    /// The body of a chat completion that asks for this. `padding` makes the prompt longer.
    pub fn body(&self, model: &str, padding: usize) -> Vec<u8> {
        let wish = format!("bench:texts={}:pace_us={}:", self.texts, self.pace.as_micros());
        let mut body = json!({ "model": model });
        if self.streamed {
            body["stream"] = true.into();
            body["stream_options"] = json!({ "include_usage": true });
        }
        body["max_tokens"] = 256.into();
        body["temperature"] = json!(0.2);
        let question = format!("{wish} {QUESTION}{}", "x".repeat(padding));
        body["messages"] = json!([{ "role": "system", "content": "Answer in one sentence." }, { "role": "user", "content": question }]);
        body.to_string().into_bytes()
    }

    /// Reads a body as far as it is here. The wish stands near its beginning, wherever a gateway put its own fields.
    pub fn read(body: &[u8]) -> Self {
        let number = |name: &str| -> Option<u32> {
            let at = memchr::memmem::find(body, name.as_bytes())? + name.len();
            let digits = body[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            std::str::from_utf8(&body[at..at + digits]).ok()?.parse().ok()
        };
        let texts = number("bench:texts=").unwrap_or(0);
        let pace = Duration::from_micros(number(":pace_us=").unwrap_or(0).into());
        let streamed = [&b"\"stream\":true"[..], b"\"stream\": true"];
        let streamed = streamed.iter().any(|spelling| memchr::memmem::find(body, spelling).is_some());
        Self { texts, pace, streamed }
    }
}

/// As long as a short question with a little context is.
const QUESTION: &str = "We moved our billing export to a nightly job and since then the totals of the last day of a \
month are sometimes missing one region. The job reads from a replica and writes a file for each region, then a \
manifest. Which of the two would you look at first, and what would you want to see in its log before you changed \
anything about the order in which it writes?";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_survives_its_way_through_a_body() {
        for wish in [Wish::PLAIN, Wish::UNPACED, Wish::PACED] {
            assert_eq!(Wish::read(&wish.body("m", 3)), wish);
        }
        assert_eq!(Wish::UNPACED.events(), 22);
    }
}
