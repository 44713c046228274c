//! One look at a body's text before it is parsed: how deep it is, how many items it has, and whether input comes from
//! elsewhere.
//!
//! Knows JSON only as far as strings and brackets; the parser behind it refuses everything that is not JSON.

use crate::head::invalid;
use domain::denial::Denial;
use std::borrow::Cow;

const MAX_DEPTH: usize = 64;
/// `{"input":[{`
const ITEM_DEPTH: usize = 3;
/// `{"tools":[{"googleSearch":{`
const TOOL_DEPTH: usize = 4;

/// What one pass over the text tells without understanding it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Scan {
    /// Objects in top-level lists: messages, input items, tools.
    pub items: u64,
    pub images: u64,
    /// A part is audio.
    pub audio: bool,
    /// A tool by which the provider searches, for a fee.
    pub searches: bool,
    /// A tool by which the provider fetches what stands at an address.
    pub fetches: bool,
    /// A tool by which the provider runs code.
    pub runs_code: bool,
    /// A tool that the provider runs for a fee that is not known here.
    pub unpriced_tool: Option<&'static str>,
    /// A part or tool whose input the body does not contain: a linked file, a search.
    pub outside: bool,
    /// A part or tool that names something stored at the provider.
    stored: bool,
    /// A part that may name a stored file, and a `file_id` with a text as its value. Either alone is innocent.
    file_part: bool,
    file_id: bool,
    /// A tool that runs code, and a list named `file_ids`, which it would be given. Either alone is innocent.
    code_tool: bool,
    file_ids: bool,
    /// The object in the top-level list `input` that is being read.
    item: Item,
}

/// What tells a reference to a stored item from an item: an id, and neither a type nor a role.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Item {
    in_input: bool,
    has_id: bool,
    has_kind: bool,
}

/// One pass outside of strings: depth, items, and the types of content parts. Knows JSON only as far as that; the
/// parser behind it refuses everything that is not JSON.
pub(crate) fn scan(text: &str) -> Result<Scan, Denial> {
    let body = text.as_bytes();
    let mut scan = Scan::default();
    let mut depth = 0usize;
    // The text before the last colon: the name of the value that comes next.
    let (mut name, mut last) = ("", "");
    let mut at = 0;
    while let Some(&byte) = body.get(at) {
        at += 1;
        match byte {
            b'"' => {
                let end =
                    end_of_string(body, at).ok_or_else(|| invalid("The body is not valid JSON: a text never ends."))?;
                last = &text[at..end];
                at = end + 1;
                scan.value(name, last, depth);
                name = "";
            }
            b':' => {
                name = last;
                scan.item.has_id |= depth == ITEM_DEPTH && name.len() <= 6 * 2 && unescaped(name) == "id";
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Err(invalid(format!("The body is nested more than {MAX_DEPTH} levels deep.")));
                }
                scan.items += u64::from(byte == b'{' && depth == ITEM_DEPTH);
                scan.opened(name, byte, depth);
                name = "";
            }
            // What was named was neither a text nor brackets.
            b',' => name = "",
            b'}' | b']' => {
                if depth == ITEM_DEPTH && byte == b'}' {
                    scan.item_ends();
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    Ok(scan)
}

/// The place of the closing quote of a string that begins at `at`.
fn end_of_string(body: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', body.get(at..)?)?;
        if body[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

impl Scan {
    /// Of a form with files.
    pub(crate) fn of_files(images: u64, audio: bool) -> Self {
        Self { images, audio, ..Self::default() }
    }

    fn item_ends(&mut self) {
        let Item { in_input, has_id, has_kind } = self.item;
        self.stored |= in_input && has_id && !has_kind;
        self.item = Item { in_input, ..Item::default() };
    }

    /// A text that is the value of `name`; both raw.
    fn value(&mut self, name: &str, value: &str, depth: usize) {
        // Longer texts are content. Six bytes for each letter, should all of them be written as escapes.
        if name.is_empty() || name.len() > 6 * 9 {
            return;
        }
        let name = unescaped(name);
        self.item.has_kind |= depth == ITEM_DEPTH && matches!(&*name, "type" | "role");
        match &*name {
            // Files of the provider's own store, and buckets that its credential opens.
            "fileUri" | "file_uri" => {
                let uri = unescaped(value);
                self.stored |= !uri.starts_with("http") || uri.contains("googleapis.com");
            }
            _ if value.len() > 6 * 40 => {}
            "type" => self.part(&unescaped(value)),
            "file_id" => self.file_id = true,
            "mimeType" | "mime_type" => {
                let kind = unescaped(value);
                self.outside |= kind.starts_with("video/") || kind.starts_with("application/");
                self.audio |= kind.starts_with("audio/");
            }
            "container" => self.stored |= unescaped(value).starts_with("cntr_"),
            _ => {}
        }
    }

    /// An object or list that is the value of `name`.
    fn opened(&mut self, name: &str, bracket: u8, depth: usize) {
        if bracket == b'[' && depth == ITEM_DEPTH - 1 {
            self.item = Item { in_input: name.len() <= 6 * 5 && unescaped(name) == "input", ..Item::default() };
        }
        if name.is_empty() || name.len() > 6 * 24 {
            return;
        }
        match (&*unescaped(name), bracket) {
            ("file_ids", b'[') => self.file_ids = true,
            ("web_search_options", b'{') if depth == 2 => {
                self.outside = true;
                self.searches = true;
            }
            ("inlineData" | "inline_data", b'{') => self.images += 1,
            ("fileData" | "file_data", b'{') => self.outside = true,
            (tool, b'{') if depth == TOOL_DEPTH => self.gemini_tool(tool),
            _ => {}
        }
    }

    /// A name in an item of a top-level list, which is where Gemini's tools stand.
    fn gemini_tool(&mut self, name: &str) {
        match name {
            "fileSearch" | "file_search" | "retrieval" => self.stored = true,
            "googleSearch"
            | "google_search"
            | "googleSearchRetrieval"
            | "google_search_retrieval"
            | "googleMaps"
            | "google_maps"
            | "enterpriseWebSearch"
            | "enterprise_web_search" => {
                self.outside = true;
                self.searches = true;
            }
            "urlContext" | "url_context" | "codeExecution" | "code_execution" | "computerUse" | "computer_use" => {
                self.outside = true;
                self.fetches |= name.starts_with("url");
                self.runs_code |= name.starts_with("code");
            }
            _ => {}
        }
    }

    fn part(&mut self, kind: &str) {
        match kind {
            "item_reference" | "container_upload" | "file_search" => self.stored = true,
            "image" | "image_url" => self.images += 1,
            "input_image" => {
                self.images += 1;
                self.file_part = true;
            }
            "file" | "input_file" => {
                self.outside = true;
                self.file_part = true;
            }
            "input_audio" => self.audio = true,
            "url" | "mcp" => self.outside = true,
            "image_generation" => {
                self.outside = true;
                self.unpriced_tool = Some("image_generation");
            }
            "code_interpreter" => {
                self.outside = true;
                self.code_tool = true;
                self.runs_code = true;
                self.unpriced_tool = Some("code_interpreter");
            }
            _ => {
                const SERVER_TOOLS: [&str; 4] = ["web_search", "web_fetch", "code_execution", "computer"];
                // What such tools did before stands in the input of the next call.
                const TRACES: [&str; 5] = ["_call", "_result", "_error", "_output", "_location"];
                let is_trace = TRACES.iter().any(|end| kind.ends_with(end));
                let is_tool = !is_trace && SERVER_TOOLS.iter().any(|tool| kind.starts_with(tool));
                self.outside |= is_tool;
                self.searches |= is_tool && kind.starts_with("web_search");
                self.fetches |= is_tool && kind.starts_with("web_fetch");
                self.runs_code |= is_tool && kind.starts_with("code_execution");
            }
        }
    }

    pub(crate) const fn refers_to_stored_things(&self) -> bool {
        self.stored || (self.file_part && self.file_id) || (self.code_tool && self.file_ids)
    }
}

/// The text of a raw JSON string; borrowed unless it contains escapes.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}
