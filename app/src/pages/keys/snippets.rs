//! Ready-to-paste set-ups for each client: base URL, model and key filled in.
//!
//! What stands here runs as pasted: no comments on shell lines (zsh takes them for arguments), no placeholder but the key
//! on pages that do not know it. Models, keys and origins hold no character that a shell or JSON would read differently.

use crate::components::{ClientSnippet, Snippet, Snippets};
use domain::model::{Endpoint, ModelName};
use domain::virtual_key::ConsumerKind;
use leptos::prelude::*;
use portal::snippets::SnippetFacts;

/// Stands for the secret where it is not known.
pub const YOUR_KEY: &str = "YOUR_KEY";

/// The client that people of this purpose most likely use.
const fn suggested(purpose: ConsumerKind) -> &'static str {
    match purpose {
        ConsumerKind::Person | ConsumerKind::Agent => "claude-code",
        ConsumerKind::Service => "python-openai",
        ConsumerKind::Ci => "curl",
    }
}

#[component]
pub fn KeySnippets(facts: SnippetFacts, key: String, purpose: ConsumerKind) -> impl IntoView {
    let clients = [
        claude_code(&facts, &key),
        codex(&facts, &key),
        curl(&facts, &key),
        python_openai(&facts, &key),
        python_anthropic(&facts, &key),
        node(&facts, &key),
    ];
    let clients: Vec<_> = clients.into_iter().flatten().collect();
    if clients.is_empty() {
        return view! { <p class="muted">"This key allows no model that is served now, so that there is nothing to paste yet."</p> }
            .into_any();
    }
    let missing = match (&facts.messages_model, &facts.responses_model) {
        (None, _) => "This key allows no model for Claude Code and Anthropic's SDKs.",
        (_, None) => "This key allows no model for Codex.",
        _ => "",
    };
    let missing = (!missing.is_empty()).then(|| view! { <p class="muted">{missing}</p> });
    view! { <Snippets clients=clients open=suggested(purpose)/>{missing} }.into_any()
}

fn client(key: &'static str, label: &str, snippets: Vec<Snippet>, note: &str) -> ClientSnippet {
    let note = (!note.is_empty()).then(|| note.to_owned().into_any());
    ClientSnippet { key, label: label.to_owned(), snippets, note }
}

fn snippet(key: &'static str, label: &str, text: String) -> Snippet {
    Snippet { key, label: label.to_owned(), text }
}

const SH: &str = "macOS, Linux";
const POWERSHELL: &str = "PowerShell";

/// Claude Code adds `/v1` itself, and prefers a left-over `ANTHROPIC_API_KEY` to the token.
fn claude_code(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let model = facts.messages_model.as_ref()?;
    let small = facts.small_messages_model.as_ref().unwrap_or(model);
    let variables = [
        ("ANTHROPIC_BASE_URL", facts.anthropic_base_url.as_str()),
        ("ANTHROPIC_AUTH_TOKEN", key),
        ("ANTHROPIC_MODEL", model.as_str()),
        ("ANTHROPIC_DEFAULT_HAIKU_MODEL", small.as_str()),
        ("ANTHROPIC_SMALL_FAST_MODEL", small.as_str()),
    ];
    let each = |line: fn(&str, &str) -> String| {
        variables.iter().map(|(name, value)| line(name, value)).collect::<Vec<_>>().join("\n")
    };
    let snippets = vec![
        snippet(
            "sh",
            SH,
            format!("unset ANTHROPIC_API_KEY\n{}\nclaude", each(|name, value| format!("export {name}={value}"))),
        ),
        snippet(
            "powershell",
            POWERSHELL,
            format!(
                "Remove-Item Env:ANTHROPIC_API_KEY -ErrorAction SilentlyContinue\n{}\nclaude",
                each(|name, value| format!("$env:{name} = \"{value}\""))
            ),
        ),
        snippet("env", ".env", each(|name, value| format!("{name}={value}"))),
    ];
    let models = if small == model {
        format!("Its own work and its work in the background both use {model}.")
    } else {
        format!("Its own work uses {model}, its work in the background {small}; this key allows both.")
    };
    let note =
        format!("{models} A key left in ANTHROPIC_API_KEY would win, so that it is unset. The address has no /v1.");
    Some(client("claude-code", "Claude Code", snippets, &note))
}

fn codex(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let model = facts.responses_model.as_ref()?;
    // Codex offers to search wherever nobody says otherwise.
    let search = if facts.responses_model_searches { "" } else { "web_search = \"disabled\"\n" };
    let config = format!(
        "model = \"{model}\"\nmodel_provider = \"keywright\"\n{search}\n[model_providers.keywright]\nname = \"Keywright\"\n\
         base_url = \"{}\"\nenv_key = \"KEYWRIGHT_KEY\"\nwire_api = \"responses\"",
        facts.openai_base_url
    );
    let snippets = vec![
        snippet("toml", "~/.codex/config.toml", config),
        snippet("sh", SH, format!("export KEYWRIGHT_KEY={key}\ncodex")),
        snippet("powershell", POWERSHELL, format!("$env:KEYWRIGHT_KEY = \"{key}\"\ncodex")),
    ];
    let note = "First the file, its first lines above every other section; then a terminal.";
    Some(client("codex", "Codex", snippets, note))
}

/// The first way to call that this key has a model for.
fn curl(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let endpoints = [Endpoint::ChatCompletions, Endpoint::Messages, Endpoint::Responses, Endpoint::Embeddings];
    let (endpoint, model) = endpoints.into_iter().find_map(|endpoint| Some((endpoint, facts.model_for(endpoint)?)))?;
    let url = format!("{}{}", facts.openai_base_url, endpoint.path());
    let body = body(endpoint, model);
    let version = if endpoint == Endpoint::Messages { "  -H \"anthropic-version: 2023-06-01\" \\\n" } else { "" };
    let sh = format!(
        "curl {url} \\\n  -H \"Authorization: Bearer {key}\" \\\n{version}  -H \"Content-Type: application/json\" \\\n  -d '{body}'"
    );
    let version = if endpoint == Endpoint::Messages { "; \"anthropic-version\" = \"2023-06-01\"" } else { "" };
    let powershell = format!(
        "Invoke-RestMethod {url} -Method Post `\n  -Headers @{{ Authorization = \"Bearer {key}\"{version} }} `\n  \
         -ContentType \"application/json\" -Body '{body}'"
    );
    Some(client("curl", "curl", vec![snippet("sh", SH, sh), snippet("powershell", POWERSHELL, powershell)], ""))
}

fn body(endpoint: Endpoint, model: &ModelName) -> String {
    let rest = match endpoint {
        Endpoint::ChatCompletions => r#""messages": [{"role": "user", "content": "Say hello."}]"#,
        Endpoint::Messages | Endpoint::CountTokens => {
            r#""max_tokens": 256, "messages": [{"role": "user", "content": "Say hello."}]"#
        }
        _ => r#""input": "Say hello.""#,
    };
    format!("{{\"model\": \"{model}\", {rest}}}")
}

fn python_openai(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let model = facts.chat_model.as_ref()?;
    let url = &facts.openai_base_url;
    let code = format!(
        "from openai import OpenAI\n\nclient = OpenAI(base_url=\"{url}\", api_key=\"{key}\")\nanswer = \
         client.chat.completions.create(\n    model=\"{model}\",\n    messages=[{{\"role\": \"user\", \"content\": \
         \"Say hello.\"}}],\n)\nprint(answer.choices[0].message.content)"
    );
    let env = format!("OPENAI_BASE_URL={url}\nOPENAI_API_KEY={key}");
    let snippets = vec![snippet("python", "Python", code), snippet("env", ".env", env)];
    Some(client(
        "python-openai",
        "Python (openai)",
        snippets,
        "With pip install openai. With the .env, OpenAI() needs no arguments.",
    ))
}

fn python_anthropic(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let model = facts.messages_model.as_ref()?;
    let url = &facts.anthropic_base_url;
    let code = format!(
        "from anthropic import Anthropic\n\nclient = Anthropic(base_url=\"{url}\", api_key=\"{key}\")\nmessage = \
         client.messages.create(\n    model=\"{model}\",\n    max_tokens=256,\n    messages=[{{\"role\": \"user\", \
         \"content\": \"Say hello.\"}}],\n)\nprint(message.content[0].text)"
    );
    let env = format!("ANTHROPIC_BASE_URL={url}\nANTHROPIC_API_KEY={key}");
    let snippets = vec![snippet("python", "Python", code), snippet("env", ".env", env)];
    let note = "With pip install anthropic. The address has no /v1: the SDK adds it.";
    Some(client("python-anthropic", "Python (anthropic)", snippets, note))
}

fn node(facts: &SnippetFacts, key: &str) -> Option<ClientSnippet> {
    let openai = facts.chat_model.as_ref().map(|model| {
        let url = &facts.openai_base_url;
        let code = format!(
            "import OpenAI from \"openai\";\n\nconst client = new OpenAI({{ baseURL: \"{url}\", apiKey: \"{key}\" }});\n\
             const answer = await client.chat.completions.create({{\n  model: \"{model}\",\n  messages: [{{ role: \
             \"user\", content: \"Say hello.\" }}],\n}});\nconsole.log(answer.choices[0].message.content);"
        );
        snippet("openai", "openai", code)
    });
    let anthropic = facts.messages_model.as_ref().map(|model| {
        let url = &facts.anthropic_base_url;
        let code = format!(
            "import Anthropic from \"@anthropic-ai/sdk\";\n\nconst client = new Anthropic({{ baseURL: \"{url}\", apiKey: \
             \"{key}\" }});\nconst message = await client.messages.create({{\n  model: \"{model}\",\n  max_tokens: \
             256,\n  messages: [{{ role: \"user\", content: \"Say hello.\" }}],\n}});\n\
             console.log(message.content[0].text);"
        );
        snippet("anthropic", "@anthropic-ai/sdk", code)
    });
    let snippets: Vec<_> = openai.into_iter().chain(anthropic).collect();
    let note = "In a module (.mjs), with npm install openai or @anthropic-ai/sdk.";
    (!snippets.is_empty()).then(|| client("node", "Node", snippets, note))
}
