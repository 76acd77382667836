//! Who may ask: a page of this server, with the token that only whoever started the lab has seen.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::hint::black_box;
use std::sync::Arc;

/// What every answer carries: the page may load nothing that is not this server's own, nobody may frame it, and no other
/// page may read it.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// What a request must say.
pub struct Guard {
    /// `127.0.0.1:7777` and its other names.
    hosts: [String; 3],
    /// The same as origins.
    origins: [String; 3],
    bearer: Vec<u8>,
}

impl Guard {
    /// For this port and this token.
    pub fn new(port: u16, token: &str) -> Self {
        let hosts = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
        let origins = hosts.each_ref().map(|host| format!("http://{host}"));
        Self { hosts, origins, bearer: format!("Bearer {token}").into_bytes() }
    }

    /// Why a request is refused, if it is.
    ///
    /// Another site's page can send requests here, but not choose their `Host` nor leave out their `Origin`; a name of its
    /// own that leads to 127.0.0.1 (DNS rebinding) shows in both. So both are compared with our own, never with each other.
    fn refusal(&self, path: &str, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
        let only = |name: HeaderName| {
            let mut values = headers.get_all(name).iter();
            (values.next().map(HeaderValue::as_bytes), values.next().is_some())
        };
        let is_one_of = |value: &[u8], known: &[String]| known.iter().any(|known| known.as_bytes() == value);
        let forbidden = |why| Some((StatusCode::FORBIDDEN, why));
        match only(header::HOST) {
            (Some(host), false) if is_one_of(host, &self.hosts) => {}
            _ => return forbidden("this server answers to 127.0.0.1, localhost and [::1] with its own port"),
        }
        match only(header::ORIGIN) {
            (None, _) => {}
            (Some(origin), false) if is_one_of(origin, &self.origins) => {}
            _ => return forbidden("another site's page may not ask this server"),
        }
        if headers.get_all("sec-fetch-site").iter().any(|site| site.as_bytes() == b"cross-site") {
            return forbidden("another site's page may not ask this server");
        }
        let is_known = match only(header::AUTHORIZATION) {
            (Some(said), false) => are_equal(said, &self.bearer),
            _ => false,
        };
        if (path == "/api" || path.starts_with("/api/")) && !is_known {
            return Some((
                StatusCode::UNAUTHORIZED,
                "the token is missing or wrong; open the address that the lab printed",
            ));
        }
        None
    }
}

/// Compares in a time that does not depend on where they differ.
fn are_equal(a: &[u8], b: &[u8]) -> bool {
    let difference = a.iter().zip(b).fold(a.len() ^ b.len(), |sum, (a, b)| black_box(sum | usize::from(a ^ b)));
    black_box(difference) == 0
}

/// Lets a request through, or refuses it.
pub async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match guard.refusal(request.uri().path(), request.headers()) {
        None => next.run(request).await,
        Some((status, why)) => super::reply::refused(status, why),
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response.map(Body::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_is_equal_alone() {
        assert!(are_equal(b"Bearer abc", b"Bearer abc"));
        for other in [&b"Bearer abd"[..], b"Bearer ab", b"Bearer abcd", b"", b"bearer abc"] {
            assert!(!are_equal(other, b"Bearer abc"), "{other:?}");
        }
    }

    #[test]
    fn only_our_own_pages_may_ask() {
        let guard = Guard::new(7777, "secret");
        let answer = |headers: &[(&str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), HeaderValue::from_str(value).unwrap());
            }
            guard.refusal("/api/frame", &map).map_or(200, |(status, _)| status.as_u16())
        };
        let token = ("authorization", "Bearer secret");
        for host in ["127.0.0.1:7777", "localhost:7777", "[::1]:7777"] {
            assert_eq!(answer(&[("host", host), token]), 200, "{host}");
            let origin = format!("http://{host}");
            assert_eq!(answer(&[("host", host), ("origin", &origin), token]), 200, "{host}");
        }
        let ours = ("host", "127.0.0.1:7777");
        for host in ["evil.example", "evil.example:7777", "127.0.0.1.evil.example:7777", "127.0.0.1:1", "127.0.0.1", ""]
        {
            assert_eq!(answer(&[("host", host), token]), 403, "{host}");
        }
        assert_eq!(answer(&[token]), 403, "no Host");
        assert_eq!(answer(&[ours, ("host", "evil.example"), token]), 403, "two Hosts");
        for origin in [
            "http://evil.example",
            "http://127.0.0.1:1",
            "https://127.0.0.1:7777",
            "null",
            "http://127.0.0.1:7777.evil.example",
        ] {
            assert_eq!(answer(&[ours, ("origin", origin), token]), 403, "{origin}");
        }
        let forged = [("host", "evil.example:7777"), ("origin", "http://evil.example:7777"), token];
        assert_eq!(answer(&forged), 403, "an Origin that is like a forged Host");
        assert_eq!(answer(&[ours, ("sec-fetch-site", "cross-site"), token]), 403);
        assert_eq!(answer(&[ours, ("sec-fetch-site", "same-origin"), token]), 200);
        assert_eq!(answer(&[ours]), 401);
        assert_eq!(answer(&[ours, ("authorization", "Bearer wrong!")]), 401);
        assert_eq!(answer(&[ours, ("authorization", "secret")]), 401);
        assert_eq!(answer(&[ours, token, token]), 401, "two tokens");
    }
}
