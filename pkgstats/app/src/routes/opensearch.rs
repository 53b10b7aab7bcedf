//! `/opensearch.xml`: lets browsers search here from their address bar.

use axum::extract::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::IntoResponse;

pub(crate) async fn show(request: Request) -> impl IntoResponse {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    // A host has none of the characters that XML would need escaped; what has some is no host.
    let host = if host.contains(['<', '>', '&', '"', '\'']) { "localhost" } else { host };
    let is_local = host.starts_with("127.") || host.starts_with("localhost");
    let scheme = if is_local { "http" } else { "https" };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\
         <ShortName>Pkg Stats</ShortName><Description>npm packages and their statistics</Description>\
         <Url type=\"text/html\" template=\"{scheme}://{host}/search?q={{searchTerms}}\"/>\
         </OpenSearchDescription>\n"
    );
    ([(CONTENT_TYPE, "application/opensearchdescription+xml")], body)
}
