//! The account picker: links only, so that it works without script and under `form-action 'self'`.

use axum::response::Html;

use super::PEOPLE;

/// `query` is the authorization request, repeated in every link.
pub(super) fn page(stylesheet: &str, query: &str) -> Html<String> {
    let query = escape(query);
    let accounts = PEOPLE.iter().map(|person| {
        let (account, name, about) = (person.account, person.name, person.about);
        format!(
            "<li><a id=\"account-{account}\" href=\"?{query}&amp;account={account}\"><strong>{name}</strong> \
             <code>{account}</code><span>{about}</span></a></li>"
        )
    });
    let accounts: String = accounts.collect();
    document(
        stylesheet,
        "Choose an account",
        &format!(
            "<p>Keywright runs in development mode: anybody who can open this page can be any of these people.</p>\
             <ul>{accounts}</ul>"
        ),
    )
}

pub(super) fn refusal(stylesheet: &str) -> Html<String> {
    document(
        stylesheet,
        "This is not a sign-in of Keywright",
        "<p>The request names another client or another way back. <a href=\"/auth/login\">Sign in again</a>.</p>",
    )
}

fn document(stylesheet: &str, title: &str, body: &str) -> Html<String> {
    let stylesheet = escape(stylesheet);
    Html(format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} · Development identity provider</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"{stylesheet}\"></head><body class=\"account-picker\"><main>\
         <p class=\"mark\">Development identity provider</p><h1>{title}</h1>{body}</main></body></html>"
    ))
}

fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_cannot_write_markup() {
        let Html(page) = page("/a.css\"><script>", "state=\"><script>alert(1)</script>");
        assert!(!page.contains("<script>") && page.contains("Development identity provider"));
        assert_eq!(page.matches("&amp;account=").count(), PEOPLE.len());
        assert!(!page.contains("style=") && !page.contains("<form"));
    }
}
