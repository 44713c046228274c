//! The form as it is posted: one turn with everything that was said before it.

use super::Entered;
use crate::visit::PageError;
use domain::id::KeyId;
use portal::playground::{Question, newest};
use portal::ports::Turn;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    pub(super) form: String,
    key: String,
    model: String,
    message: String,
    #[serde(default)]
    system: String,
    #[serde(default)]
    max_output_tokens: String,
    /// What was said before, oldest first: the first of one belongs to the first of the other.
    #[serde(default)]
    asked: Vec<String>,
    #[serde(default)]
    answered: Vec<String>,
}

impl Form {
    /// Line breaks are a form's on the way here, and a text's from here on.
    pub(super) fn read(&self) -> Result<(KeyId, Entered), PageError> {
        let key = self.key.parse().map_err(|_| PageError::NotFound)?;
        if self.asked.len() != self.answered.len() {
            return Err(PageError::Unprocessable("The form holds questions without answers.".to_owned()));
        }
        let text = |text: &String| text.replace("\r\n", "\n");
        let turns = self.asked.iter().zip(&self.answered);
        let turns = turns.map(|(asked, answered)| Turn { asked: text(asked), answered: text(answered) });
        let entered = Entered {
            model: self.model.clone(),
            system: text(&self.system),
            message: text(&self.message),
            max_output_tokens: self.max_output_tokens.clone(),
            turns: newest(turns.collect()),
        };
        Ok((key, entered))
    }
}

impl Entered {
    pub(super) fn question(&self, key: KeyId) -> Question {
        let Self { model, system, message, max_output_tokens, turns } = self.clone();
        Question { key, model, system, turns, message, max_output_tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visit::Input;

    fn read(form: &str) -> Result<(KeyId, Entered), PageError> {
        let input = Input { form: form.as_bytes().to_vec(), ..Input::default() };
        input.form::<Form>()?.read()
    }

    #[test]
    fn turns_come_back_in_order_and_with_their_line_breaks() {
        let key = KeyId::from_random(&[1; 12]);
        let form =
            format!("form=f&key={key}&model=m&message=three%0D%0Alines&asked=a&answered=b%0Ac&asked=d&answered=");
        let (read_key, entered) = read(&form).unwrap();
        assert_eq!((read_key, entered.message.as_str()), (key, "three\nlines"));
        let turn = |asked: &str, answered: &str| Turn { asked: asked.to_owned(), answered: answered.to_owned() };
        assert_eq!(entered.turns, [turn("a", "b\nc"), turn("d", "")]);
    }

    #[test]
    fn what_the_page_cannot_have_sent_is_refused() {
        let key = KeyId::from_random(&[1; 12]);
        let odd = format!("form=f&key={key}&model=m&message=x&asked=a");
        assert!(matches!(read(&odd), Err(PageError::Unprocessable(_))));
        assert!(matches!(
            read(&format!("form=f&key={key}&model=m&message=x&temperature=2")),
            Err(PageError::Unprocessable(_))
        ));
        assert!(matches!(read("form=f&key=somebody&model=m&message=x"), Err(PageError::NotFound)));
    }
}
