//! The page's files, which are part of the program.

use super::reply::refused;
use axum::body::Body;
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use std::fs;
use std::path::Path;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

macro_rules! page {
    ($($name:literal $kind:ident),* $(,)?) => {
        /// Every file by its name.
        pub const PAGE: &[(&str, &str, &str)] = &[$(($name, $kind, include_str!(concat!("../page/", $name)))),*];
    };
}

page! {
    "index.html" HTML,
    "style.css" CSS,
    "panels.css" CSS,
    "api.js" JS,
    "clinic.js" JS,
    "dom.js" JS,
    "draw.js" JS,
    "easel.js" JS,
    "game.js" JS,
    "main.js" JS,
    "networks.js" JS,
    "number.js" JS,
    "pen.js" JS,
    "plane.js" JS,
    "quiz.js" JS,
    "tape.js" JS,
    "tour.js" JS,
    "transport.js" JS,
    "turn.js" JS,
    "words.js" JS,
}

/// A file of the page, known by its name alone: no path is ever looked up. It is read from the directory, if one is given
/// and has it.
pub fn serve(method: &Method, uri: &Uri, directory: Option<&Path>) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "not in this way");
    }
    let name = if uri.path() == "/" { "index.html" } else { &uri.path()[1..] };
    match PAGE.iter().find(|(known, ..)| *known == name) {
        Some((name, kind, text)) => {
            let read = directory.and_then(|directory| fs::read_to_string(directory.join(name)).ok());
            let mut response = Response::new(read.map_or_else(|| Body::from(*text), Body::from));
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
            response
        }
        None => refused(StatusCode::NOT_FOUND, "there is no such page"),
    }
}
