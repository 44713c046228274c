//! From components to the bytes of a page.
//!
//! Pages are rendered in one pass and never hydrated, so the markers that a client would need are taken out again.
//! Text and attributes are escaped by Leptos, with one exception: it writes the content of `<textarea>` as it is.
//! Therefore nobody writes `<textarea>` in a view; [`crate::components::TextArea`] goes through [`escaped`].

use crate::chrome::{Chrome, Footer, Masthead};
use crate::components::Hatch;
use crate::paths;
use leptos::prelude::*;

/// A complete page: head, frame and the given body. `title` stands alone in a list of tabs, so it names the thing.
pub fn document<V: IntoView + 'static>(chrome: &Chrome<'_>, title: &str, body: impl FnOnce() -> V) -> String {
    document_leading_on(chrome, title, None, body)
}

/// A complete page that the browser leaves by itself for another address, once it is drawn.
pub fn document_leading_on<V: IntoView + 'static>(
    chrome: &Chrome<'_>,
    title: &str,
    leads_to: Option<&str>,
    body: impl FnOnce() -> V,
) -> String {
    whole(chrome, title, leads_to.map(|address| format!("0; url={address}")), body)
}

/// A complete page about something under way: the browser asks for it again after so many seconds.
pub fn document_asking_again<V: IntoView + 'static>(
    chrome: &Chrome<'_>,
    title: &str,
    seconds: u32,
    body: impl FnOnce() -> V,
) -> String {
    whole(chrome, title, Some(seconds.to_string()), body)
}

fn whole<V: IntoView + 'static>(
    chrome: &Chrome<'_>,
    title: &str,
    refresh: Option<String>,
    body: impl FnOnce() -> V,
) -> String {
    let owner = Owner::new();
    let html = owner.with(|| {
        view! {
            <html lang="en">
                <head>
                    <meta charset="utf-8"/>
                    <title>{format!("{title} · Keywright")}</title>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    {refresh.map(|content| view! { <meta http-equiv="refresh" content=content/> })}
                    <link rel="icon" type="image/svg+xml" href=chrome.assets.icon.clone()/>
                    <link rel="stylesheet" href=chrome.assets.css.clone()/>
                    <script type="module" src=chrome.assets.js.clone()></script>
                </head>
                <body>
                    <a class="skip-link" href=format!("#{}", paths::MAIN_ID)>"Skip to content"</a>
                    <div>
                        <Masthead caller=chrome.caller.cloned() place=chrome.place around=chrome.around/>
                        {chrome.banner.map(|text| view! { <aside class="banner" aria-label="About this installation"><p>{text.to_owned()}</p></aside> })}
                    </div>
                    <main class="page" id=paths::MAIN_ID tabindex="-1">{body().into_any()}</main>
                    <Footer zone=chrome.calendar.zone_name() version=chrome.version.to_owned()/>
                    <Hatch/>
                </body>
            </html>
        }
        .to_html()
    });
    without_markers(&html)
}

/// Renders a piece without the frame, for tests and for fragments.
pub fn fragment<V: IntoView + 'static>(body: impl FnOnce() -> V) -> String {
    without_markers(&Owner::new().with(|| body().into_any().to_html())).split_off("<!DOCTYPE html>".len())
}

/// Makes text harmless inside elements whose content Leptos does not escape.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// In escaped output `<!` can only be one of the renderer's own markers: text and attributes never contain a bare `<`.
fn without_markers(html: &str) -> String {
    let mut page = String::with_capacity(html.len() + 16);
    page.push_str("<!DOCTYPE html>");
    let mut rest = html;
    while let Some((before, marker)) = rest.split_once("<!") {
        page.push_str(before);
        // `<!>` parts two texts, `<!--<() />-->` stands for nothing.
        let end = if marker.starts_with("--") { "-->" } else { ">" };
        rest = marker.split_once(end).map_or("", |(_, after)| after);
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "</textarea></title><script>alert(1)</script><!-- \" ' & -->";

    #[test]
    fn hostile_text_stays_text_everywhere() {
        let html = fragment(|| {
            view! {
                <p title=HOSTILE>{HOSTILE}</p>
                <textarea>{escaped(HOSTILE)}</textarea>
                <pre>{HOSTILE.to_owned()}</pre>
            }
        });
        assert_eq!(html.matches("<script").count(), 0, "{html}");
        assert_eq!(html.matches("<!").count(), 0, "{html}");
        assert_eq!(html.matches("&lt;script&gt;alert(1)").count(), 4, "{html}");
    }

    #[test]
    fn markers_between_texts_leave_no_trace() {
        let html = fragment(|| {
            let (one, two) = ("one".to_owned(), "two".to_owned());
            view! { <p>{one}{two}{None::<String>}{().into_any()}{vec!["three".to_owned()]}</p> }
        });
        assert_eq!(html, "<p>onetwothree</p>");
    }
}
