//! Style sheet, scripts and icons, embedded in the binary and named after their content.
//!
//! A name that contains the hash of the content never means anything else, so browsers keep it for a year without asking.
//! The names are made at build time (`build.rs`); [`path`] is what pages link to.

use app::chrome::Assets;
use axum::Router;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode, header};
use tower_http::compression::CompressionLayer;

/// One embedded file. `source` is its name before the hash, such as `keywright.css` or `icons/key.svg`.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    pub source: &'static str,
    /// Below `/assets/`.
    pub name: &'static str,
    pub content_type: &'static str,
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The path to link to, or none if there is no such file.
pub fn path(source: &str) -> Option<String> {
    let asset = ALL.iter().find(|asset| asset.source == source)?;
    Some(format!("/assets/{}", asset.name))
}

/// What every page links to.
pub fn links() -> Assets {
    let link = |source| path(source).unwrap_or_default();
    Assets { css: link("keywright.css"), js: link("keywright.mjs"), icon: link("icon.svg") }
}

/// Serves `/assets/…`. Compressed on the way out: these bytes are public, so their length tells nothing.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/assets/{*name}", get(serve)).layer(CompressionLayer::new())
}

async fn serve(Path(name): Path<String>) -> Response {
    let Some(asset) = ALL.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = asset.bytes.into_response();
    let headers = response.headers_mut();
    for (name, value) in
        [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn get_asset(path: &str) -> Response {
        let request = Request::get(path).header("accept-encoding", "br").body(Body::empty());
        routes().oneshot(request.unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn every_embedded_file_is_served_forever_under_the_name_of_its_content() {
        let Assets { css, js, icon } = links();
        for link in [css, js, icon] {
            assert_eq!(get_asset(&link).await.status(), StatusCode::OK, "{link}");
        }
        for asset in ALL {
            let response = get_asset(&path(asset.source).unwrap()).await;
            assert_eq!(response.status(), StatusCode::OK, "{}", asset.name);
            assert_eq!(response.headers()[header::CONTENT_TYPE], asset.content_type);
            let caching = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
            assert!(caching.contains("immutable"));
        }
    }

    #[tokio::test]
    async fn names_without_the_right_hash_do_not_exist() {
        for path in ["/assets/keywright.css", "/assets/../Cargo.toml", "/assets/"] {
            assert_eq!(get_asset(path).await.status(), StatusCode::NOT_FOUND, "{path}");
        }
    }
}
