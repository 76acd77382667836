//! What is asked, and who answers.

use super::assets;
use super::reply::{answered, file, refused, with_status};
use crate::lab::command::{Command, Player};
use crate::lab::easel::Picture;
use crate::lab::mailbox::{Mailbox, Question, What};
use crate::lab::plane::Settings;
use crate::lab::refusal::Refusal;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, RawQuery, State};
use axum::http::{Method, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a command.
const MOST: usize = 64 << 10;
/// The longest side of an overview of a node.
const SIDE: usize = 64;
/// How long a page waits for a frame before it asks again.
const PATIENCE: Duration = Duration::from_secs(20);

/// The routes; what they are guarded by is laid around them. The page's files are those of a directory, if one is given.
pub fn router(mailbox: Arc<Mailbox>, directory: Option<PathBuf>) -> Router {
    Router::new()
        .route("/api/frame", get(frame))
        .route("/api/command", post(command))
        .route("/api/tape", about(Question::Tape))
        .route("/api/node", get(node))
        .route("/api/number", get(number))
        .route("/api/turn", about(Question::Turn))
        .route("/api/arrays", about(Question::Arrays))
        .route("/api/array", get(array))
        .route("/api/config", get(config))
        .route("/api/nudge", get(nudge))
        .route("/api/layers", get(layers))
        .route("/api/judge", post_picture(Question::Judge))
        .route("/api/nearest", post_picture(Question::Nearest))
        .route("/api/dirac", get(dirac))
        .route("/api/real", get(real))
        .route("/api/cards", about(Question::Cards))
        .route("/api/trained", about(Question::Trained))
        .fallback(move |method: Method, uri: Uri| async move { assets::serve(&method, &uri, directory.as_deref()) })
        .method_not_allowed_fallback(async || refused(StatusCode::METHOD_NOT_ALLOWED, "not in this way"))
        .layer(DefaultBodyLimit::max(MOST))
        .with_state(mailbox)
}

async fn frame(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let after = match Query::read(query.as_deref(), &["after"]).and_then(|query| query.number("after")) {
        Ok(after) => after.unwrap_or(0),
        Err(refusal) => return answered(Err(refusal)),
    };
    match mailbox.frame_after(after, PATIENCE).await {
        Some(frame) => answered(Ok(frame.json.to_vec())),
        None => with_status(StatusCode::NO_CONTENT, Body::empty()),
    }
}

async fn command(State(mailbox): State<Arc<Mailbox>>, body: Result<Bytes, BytesRejection>) -> Response {
    let command = match read(body) {
        Ok(body) => Command::read(&body),
        Err(response) => return response,
    };
    match command {
        Ok(command) => answered(mailbox.send(What::Command(command)).await),
        Err(why) => answered(Err(Refusal::bad(why))),
    }
}

/// A question about a picture, which is sent along.
fn post_picture(question: fn(Picture) -> Question) -> MethodRouter<Arc<Mailbox>> {
    post(async move |State(mailbox): State<Arc<Mailbox>>, body: Result<Bytes, BytesRejection>| {
        let picture = match read(body) {
            Ok(body) => serde_json::from_slice(&body),
            Err(response) => return response,
        };
        let question = picture.map(question).map_err(|error| Refusal::bad(format!("not a picture: {error}")));
        ask(&mailbox, question).await
    })
}

/// What was sent, if it is not too long.
#[expect(clippy::result_large_err, reason = "it is the answer")]
fn read(body: Result<Bytes, BytesRejection>) -> Result<Bytes, Response> {
    body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => refused(StatusCode::PAYLOAD_TOO_LARGE, "at most 65536 bytes may be sent"),
        status => refused(status, "the request could not be read"),
    })
}

async fn real(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["index"]).and_then(|query| query.place("index"));
    ask(&mailbox, question.map(|index| Question::Real { index })).await
}

/// One array, to be kept under its name.
async fn array(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let name = Query::read(query.as_deref(), &["name"]).and_then(|query| {
        let name = query.word("name").filter(|name| !name.is_empty());
        name.map(str::to_owned).ok_or_else(|| Refusal::bad("name is missing"))
    });
    match name {
        Ok(name) => file(mailbox.send(What::Question(Question::Array { name })).await, "application/octet-stream"),
        Err(refusal) => answered(Err(refusal)),
    }
}

async fn config(State(mailbox): State<Arc<Mailbox>>) -> Response {
    file(mailbox.send(What::Question(Question::Config)).await, "application/toml")
}

async fn node(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["index", "of"]).and_then(|query| {
        let adjoint = match query.word("of") {
            None | Some("value") => false,
            Some("adjoint") => true,
            Some(_) => return Err(Refusal::bad("of must be value or adjoint")),
        };
        Ok(Question::Node { index: query.place("index")?, adjoint, side: SIDE })
    });
    ask(&mailbox, question).await
}

async fn number(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["index", "element"])
        .and_then(|query| Ok(Question::Number { index: query.place("index")?, element: query.place("element")? }));
    ask(&mailbox, question).await
}

async fn nudge(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["index", "element", "by"]).and_then(|query| {
        let by = query.word("by").and_then(|by| by.parse().ok()).filter(|by: &f32| by.is_finite());
        let by = by.ok_or_else(|| Refusal::bad("by is missing, or no finite number"))?;
        Ok(Question::Nudge { index: query.place("index")?, element: query.place("element")?, by })
    });
    ask(&mailbox, question).await
}

async fn layers(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["network"]).and_then(|query| match query.word("network") {
        Some("generator") => Ok(Question::Layers(Player::Generator)),
        Some("discriminator") => Ok(Question::Layers(Player::Discriminator)),
        _ => Err(Refusal::bad("network must be generator or discriminator")),
    });
    ask(&mailbox, question).await
}

async fn dirac(State(mailbox): State<Arc<Mailbox>>, RawQuery(query): RawQuery) -> Response {
    let question = Query::read(query.as_deref(), &["objective", "update", "penalty"])
        .and_then(|query| Settings::of_words(["objective", "update", "penalty"].map(|key| query.word(key))));
    ask(&mailbox, question.map(Question::Dirac)).await
}

/// A question that says nothing more.
fn about(question: Question) -> MethodRouter<Arc<Mailbox>> {
    get(|State(mailbox): State<Arc<Mailbox>>| async move { ask(&mailbox, Ok(question)).await })
}

async fn ask(mailbox: &Mailbox, question: Result<Question, Refusal>) -> Response {
    match question {
        Ok(question) => answered(mailbox.send(What::Question(question)).await),
        Err(refusal) => answered(Err(refusal)),
    }
}

/// What stands after the `?`.
struct Query<'q>(Vec<(&'q str, &'q str)>);

impl<'q> Query<'q> {
    /// Reads `key=value&…`, of these keys alone, each at most once.
    fn read(text: Option<&'q str>, keys: &[&str]) -> Result<Self, Refusal> {
        let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let mut read: Vec<(&str, &str)> = Vec::new();
        for pair in pairs {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if !keys.contains(&key) || read.iter().any(|(before, _)| *before == key) {
                return Err(Refusal::bad(format!("what may be asked here is {}, each once", keys.join(" and "))));
            }
            read.push((key, value));
        }
        Ok(Self(read))
    }

    fn word(&self, key: &str) -> Option<&'q str> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn number(&self, key: &str) -> Result<Option<u64>, Refusal> {
        let read = self.word(key).map(str::parse).transpose();
        read.map_err(|_| Refusal::bad(format!("{key} must be a whole number")))
    }

    fn place(&self, key: &str) -> Result<usize, Refusal> {
        let number = self.number(key)?.and_then(|number| usize::try_from(number).ok());
        number.ok_or_else(|| Refusal::bad(format!("{key} is missing, or no whole number")))
    }
}
