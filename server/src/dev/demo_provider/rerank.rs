//! `POST /v1/rerank`, in the shape that Cohere, Jina and vLLM share: documents by how many words of the query they have.

use super::Shared;
use super::openai::{asked_error, invalid, read};
use super::reply;
use super::script::{Asked, count_tokens, plan};
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::{Value, json};

pub(super) async fn rank(provider: Shared, headers: HeaderMap, body: Bytes) -> Response {
    let (body, model) = match read(&provider, &headers, &body) {
        Ok(read) => read,
        Err(refusal) => return *refusal,
    };
    let (Some(query), Some(documents)) = (body["query"].as_str(), body["documents"].as_array()) else {
        return invalid("Missing required parameters: 'query', a string, and 'documents', a list.");
    };
    let plan = plan(&Asked { prompt: query.to_owned(), ..Asked::default() });
    if let Some(error) = asked_error(&plan).await {
        return error;
    }
    let text =
        |document: &Value| document.as_str().or_else(|| document["text"].as_str()).unwrap_or_default().to_owned();
    let texts: Vec<String> = documents.iter().map(text).collect();
    let mut ranked: Vec<(usize, u32)> =
        texts.iter().enumerate().map(|(index, text)| (index, shared_words(query, text))).collect();
    // Stable: of two that fit as well, the first stays first.
    ranked.sort_by_key(|&(_, shared)| std::cmp::Reverse(shared));
    let top = body["top_n"].as_u64().and_then(|top| usize::try_from(top).ok()).unwrap_or(ranked.len());
    let words = u32::try_from(count_tokens(query)).unwrap_or(u32::MAX).max(1);
    let result = |&(index, shared): &(usize, u32)| {
        let mut result = json!({"index": index, "relevance_score": f64::from(shared) / f64::from(words)});
        if body["return_documents"] == true {
            result["document"] = json!({"text": texts[index]});
        }
        result
    };
    let results: Vec<Value> = ranked.iter().take(top).map(result).collect();
    let tokens = count_tokens(query) + texts.iter().map(|text| count_tokens(text)).sum::<u64>();
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    let answer = json!({"id": provider.next_id("rerank-"), "model": model, "usage": usage, "results": results});
    reply::plain(&plan, &answer).await
}

fn shared_words(query: &str, text: &str) -> u32 {
    let has = |word: &&str| text.split_whitespace().any(|other| other.eq_ignore_ascii_case(word));
    u32::try_from(query.split_whitespace().filter(has).count()).unwrap_or(u32::MAX)
}
