//! Answers as HTTP has them.

use crate::lab::refusal::{Answer, Refusal};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

/// An answer of the engine.
pub fn answered(answer: Answer) -> Response {
    match answer {
        Ok(json) => with_status(StatusCode::OK, Body::from(json)),
        Err(Refusal { status, message }) => {
            refused(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &message)
        }
    }
}

/// An answer that is no JSON.
pub fn file(answer: Answer, kind: &'static str) -> Response {
    let is_file = answer.is_ok();
    let mut response = answered(answer);
    if is_file {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    response
}

/// Why something is not done, in one line.
pub fn refused(status: StatusCode, why: &str) -> Response {
    with_status(status, Body::from(serde_json::json!({ "error": why.replace('\n', " ") }).to_string()))
}

pub fn with_status(status: StatusCode, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
