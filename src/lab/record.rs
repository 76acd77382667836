//! A recording: some steps of a run in one file, which any browser opens from the disk.
//!
//! It is the page itself with all its modules inside, and in place of what asks the server something that knows the
//! recorded moments.

use super::command::Command;
use super::engine::Engine;
use super::mailbox::{Mailbox, Question, What};
use super::refusal::Refusal;
use super::server::PAGE;
use crate::data::{Digits, WriteError, write_atomically};
use crate::gan::TrainError;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// How long one moment may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// The longest side of a recorded overview.
const SIDE: usize = 12;
const REPLAY: &str = include_str!("page/replay.js");

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The run cannot be made.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The engine has refused to go on.
    #[error("the recording ended early")]
    Refused(#[from] Refusal),
    /// There is no thread for whoever records.
    #[error("the recording cannot be begun: {0}")]
    Start(io::Error),
    /// The file cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Records some steps of a run into a file. To be called on the threads
/// that are to compute.
///
/// # Errors
/// When the run or the file cannot be made.
pub fn record(engine: Engine, digits: &Digits, steps: Steps, path: &Path) -> Result<(), RecordError> {
    let mailbox = Arc::new(Mailbox::default());
    let visitor = Arc::clone(&mailbox);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(RecordError::Start)?;
    let watching = thread::spawn(move || {
        let seen = runtime.block_on(moments(&visitor, steps));
        visitor.close();
        seen
    });
    engine.run(digits, &mailbox)?;
    let moments = watching.join().expect("it does not panic")?;
    let page = page_of(&moments);
    Ok(write_atomically(path, |writer| writer.write_all(page.as_bytes()))?)
}

/// Which steps are recorded.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// How many.
    pub count: u64,
    /// How many steps lie between two of them.
    pub every: u64,
}

/// What a page would see: the first step and the last phase by phase, the others when they are complete.
async fn moments(mailbox: &Mailbox, steps: Steps) -> Result<Vec<Value>, Refusal> {
    let mut seen = vec![moment(mailbox, 0, 0).await?];
    // What is the same at every moment.
    for (name, question) in [("trained", Question::Trained), ("cards", Question::Cards)] {
        seen[0][name] = read(&mailbox.send(What::Question(question)).await?);
    }
    let (mut number, mut step) = place(&seen[0]);
    let total = seen[0]["frame"]["run"]["total_steps"].as_u64().unwrap_or(u64::MAX);
    for i in 0..steps.count {
        if step >= total {
            break; // the run is shorter than what was asked for
        }
        let slowly = i == 0 || i + 1 == steps.count;
        let target = total.min(step + if slowly { 1 } else { steps.every });
        while step < target {
            let command = if slowly { Command::Phase {} } else { Command::Step {} };
            let at_once = if slowly { 1 } else { target - step };
            for _ in 0..at_once {
                mailbox.send(What::Command(command.clone())).await?;
            }
            seen.push(moment(mailbox, number, if slowly { 0 } else { target }).await?);
            (number, step) = place(&seen[seen.len() - 1]);
        }
    }
    Ok(seen)
}

/// The number of a moment's frame, and its step.
fn place(moment: &Value) -> (u64, u64) {
    let frame = &moment["frame"];
    (frame["number"].as_u64().unwrap_or(0), frame["at"]["step"].as_u64().unwrap_or(0))
}

/// The next frame of this step or a later one, and what panels ask for with it.
async fn moment(mailbox: &Mailbox, mut after: u64, step: u64) -> Result<Value, Refusal> {
    let mut moment = loop {
        let frame = mailbox.frame_after(after, PATIENCE).await;
        let frame = frame.ok_or_else(|| Refusal::not_now("the engine has not come so far"))?;
        let moment = json!({ "frame": read(&frame.json) });
        if place(&moment).1 >= step {
            break moment;
        }
        after = frame.number;
    };
    let is_step = moment["frame"]["at"]["moment"]["kind"] == "step";
    let step = moment["frame"]["at"]["step"].as_u64().unwrap_or(0);
    moment["tape"] = read(&mailbox.send(What::Question(Question::Tape)).await?);
    if is_step && step > 0 {
        moment["turn"] = read(&mailbox.send(What::Question(Question::Turn)).await?);
    }
    let at = &moment["frame"]["at"]["moment"];
    if at["phase"] == "backward" && at["edge"] == "ends" {
        overviews(mailbox, &mut moment).await?;
    }
    Ok(moment)
}

/// What the engine answers.
fn read(json: &[u8]) -> Value {
    serde_json::from_slice(json).expect("the engine's own")
}

/// All values and adjoints of the tape that lies open, as a page asks for them.
async fn overviews(mailbox: &Mailbox, moment: &mut Value) -> Result<(), Refusal> {
    let nodes: Vec<Value> = moment["tape"]["nodes"].as_array().cloned().unwrap_or_default();
    for (index, node) in nodes.iter().enumerate() {
        let is_known = node["adjoint"] == "known";
        for (of, adjoint) in [("value", false), ("adjoint", true)].into_iter().filter(|(_, of)| !of || is_known) {
            let answer = mailbox.send(What::Question(Question::Node { index, adjoint, side: SIDE })).await?;
            moment[format!("node?index={index}&of={of}")] = shortened(&answer);
        }
    }
    Ok(())
}

/// An answer with numbers of a few digits.
fn shortened(json: &[u8]) -> Value {
    fn shorten(value: &mut Value) {
        match value {
            Value::Number(number) if !number.is_u64() && !number.is_i64() => {
                let number = number.as_f64().unwrap_or(0.0);
                *value = format!("{number:.3e}").parse::<f64>().unwrap_or(number).into();
            }
            Value::Array(list) => list.iter_mut().for_each(shorten),
            Value::Object(map) => map.values_mut().for_each(shorten),
            _ => {}
        }
    }
    let mut value = read(json);
    shorten(&mut value);
    value
}

/// The page with everything in it.
fn page_of(moments: &[Value]) -> String {
    let file = |name: &str| PAGE.iter().find(|(known, ..)| *known == name).map_or("", |(.., text)| text);
    let modules = PAGE.iter().filter(|(name, ..)| name.ends_with(".js"));
    let imports: serde_json::Map<String, Value> = modules
        .map(|(name, _, text)| {
            let text = if *name == "api.js" { REPLAY } else { text };
            // In a page from the disk, a module finds another by name alone.
            let code = STANDARD.encode(text.replace("from \"./", "from \"lab/"));
            (format!("lab/{name}"), format!("data:text/javascript;base64,{code}").into())
        })
        .collect();
    // Nothing in it may end the element that it stands in.
    let inside = |value: Value| value.to_string().replace("</", "<\\/");
    let scripts = format!(
        "<script type=\"importmap\">{}</script>\n<script type=\"application/json\" id=\"moments\">{}</script>\n\
         <script type=\"module\">import \"lab/main.js\";</script>",
        inside(json!({ "imports": imports })),
        inside(moments.into())
    );
    let style = |name: &str| format!("<style>\n{}</style>", file(name));
    file("index.html")
        .replace("<meta charset=\"utf-8\">", &format!("<meta charset=\"utf-8\">\n{POLICY}"))
        .replace("<link rel=\"stylesheet\" href=\"style.css\">", &style("style.css"))
        .replace("<link rel=\"stylesheet\" href=\"panels.css\">", &style("panels.css"))
        .replace("<script type=\"module\" src=\"main.js\"></script>", &scripts)
        .replace("<title>twoplayer lab</title>", "<title>twoplayer lab, a recording</title>")
}

/// A recording asks nobody anything.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' data:; \
                      style-src 'unsafe-inline'; img-src data:\">";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_all_it_needs_inside() {
        let page = page_of(&[json!({ "frame": { "says": "</script><b>" } })]);
        for outside in ["src=\"main.js\"", "href=\"style.css\"", "href=\"panels.css\"", "</script><b>"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("lab/main.js") && page.contains("<\\/script>") && page.contains("--real:"));
        let modules = PAGE.iter().filter(|(name, ..)| name.ends_with(".js")).count();
        assert_eq!(page.matches("data:text/javascript;base64,").count(), modules);
    }
}
