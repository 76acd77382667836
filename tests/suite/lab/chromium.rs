//! Headless Chromium, driven by its own protocol over two pipes: messages are JSON, each ended by a NUL byte.
//!
//! Every wait ends in time. The process and its profile are gone when the value is dropped, also after a panic.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The names that it goes by.
const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];
/// How long anything may take, in a build without optimisation on a machine that builds something else too.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often a condition is looked at.
const LOOK: Duration = Duration::from_millis(30);
/// No window, no network of its own, no slowing down of a page that nobody looks at. It loads nothing but the lab's own
/// page, and in a container it could not put itself into a sandbox.
const FLAGS: [&str; 14] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--no-sandbox",
    "--no-startup-window",
    "--no-first-run",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
];

/// A browser with one page.
pub struct Chromium {
    process: Child,
    input: Option<ChildStdin>,
    messages: Receiver<Value>,
    reader: Option<JoinHandle<()>>,
    profile: TempDir,
    session: Option<String>,
    asked: u64,
    /// What went wrong on the page and what it loaded, since this was last taken.
    pub seen: Seen,
}

/// What a page has done unasked.
#[derive(Debug, Default)]
pub struct Seen {
    /// Errors and warnings that it wrote to the console.
    pub console: Vec<String>,
    /// Exceptions that nobody caught.
    pub exceptions: Vec<String>,
    /// What the browser itself has against it: blocked by its policy, not found, and the like.
    pub log: Vec<String>,
    /// Whom it asked for anything, with their ports.
    pub hosts: BTreeSet<String>,
}

/// The first of the programs that says it is Chromium or Chrome. Some systems have a stand-in that only tells how to get it.
fn program() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let found = PROGRAMS.into_iter().find(|program| {
            let answer = Command::new(program).arg("--version").stderr(Stdio::null()).output();
            answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains("Chrom"))
        });
        if found.is_none() {
            // Past the test harness, which keeps what passing tests print to itself.
            let _ = writeln!(std::io::stderr(), "left out: the tests of the lab's page need {}", PROGRAMS.join(" or "));
        }
        found
    })
}

/// Hands on each message as it comes.
fn read(output: ChildStdout, to: &Sender<Value>) {
    for message in BufReader::new(output).split(0) {
        let Ok(message) = message else { return };
        let message = serde_json::from_slice(&message).expect("Chromium's messages are JSON");
        if to.send(message).is_err() {
            return;
        }
    }
}

impl Chromium {
    /// Starts it with an empty page, or says once that there is none.
    pub fn start() -> Option<Self> {
        let program = program()?;
        let profile = TempDir::new().expect("a folder for its profile");
        let errors = std::fs::File::create(profile.path().join("stderr")).expect("a file for what it says");
        // It reads from descriptor 3 and writes to 4; a shell can give it those.
        let mut process = Command::new("sh")
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 </dev/null >/dev/null"#, program])
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .expect("a shell");
        let (input, output) = (process.stdin.take(), process.stdout.take().expect("it is piped"));
        let (sender, messages) = channel();
        let reader = Some(thread::spawn(move || read(output, &sender)));
        let seen = Seen::default();
        let mut browser = Self { process, input, messages, reader, profile, session: None, asked: 0, seen };
        let target = browser.ask("Target.createTarget", json!({"url": "about:blank"}))["targetId"].clone();
        let attached = browser.ask("Target.attachToTarget", json!({"targetId": target, "flatten": true}));
        browser.session = Some(attached["sessionId"].as_str().expect("a session").into());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.ask(&format!("{domain}.enable"), json!({}));
        }
        browser.ask("Emulation.setFocusEmulationEnabled", json!({"enabled": true}));
        Some(browser)
    }

    /// Calls a method of the protocol, and gives its result.
    pub fn ask(&mut self, method: &str, parameters: Value) -> Value {
        self.try_to(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method of the protocol that may fail.
    fn try_to(&mut self, method: &str, parameters: Value) -> Result<Value, String> {
        self.asked += 1;
        let id = self.asked;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        let input = self.input.as_mut().expect("it is open until the end");
        // If it has gone, the wait for the answer says so.
        let _ = input.write_all(format!("{message}\0").as_bytes()).and_then(|()| input.flush());
        let begin = Instant::now();
        loop {
            let left = PATIENCE.saturating_sub(begin.elapsed());
            let Some(mut answer) = self.next(left) else { panic!("{method}: no answer in {PATIENCE:?}") };
            if answer["id"] == id {
                let error = &answer["error"];
                return if error.is_null() { Ok(answer["result"].take()) } else { Err(error.to_string()) };
            }
        }
    }

    /// The next message, noted if it tells of the page; nothing if none comes in this time.
    fn next(&mut self, within: Duration) -> Option<Value> {
        match self.messages.recv_timeout(within) {
            Ok(message) => {
                self.seen.note(&message);
                Some(message)
            }
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => {
                let said = std::fs::read_to_string(self.profile.path().join("stderr")).unwrap_or_default();
                panic!("Chromium has ended: {said}");
            }
        }
    }

    /// Runs this script in every page that is opened from now on, before its own.
    pub fn prepare(&mut self, script: &str) {
        self.ask("Page.addScriptToEvaluateOnNewDocument", json!({"source": script}));
    }

    /// Leaves the page that is open, if any, and opens this one.
    pub fn open(&mut self, address: &str) {
        for address in ["about:blank", address] {
            let answer = self.ask("Page.navigate", json!({"url": address}));
            assert!(answer["errorText"].is_null(), "{address}: {}", answer["errorText"]);
        }
    }

    /// How large the window is, and what its person likes.
    pub fn window(&mut self, width: u32, height: u32, scheme: &str, motion: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", size);
        let scheme = json!({"name": "prefers-color-scheme", "value": scheme});
        let motion = json!({"name": "prefers-reduced-motion", "value": motion});
        self.ask("Emulation.setEmulatedMedia", json!({"features": [scheme, motion]}));
    }

    /// What an expression is on the page, or what it threw.
    fn evaluate(&mut self, expression: &str) -> Result<Value, String> {
        let how = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.try_to("Runtime.evaluate", how)?;
        match &answer["exceptionDetails"] {
            Value::Null => Ok(answer["result"]["value"].take()),
            thrown => Err(thrown["exception"]["description"].as_str().unwrap_or("something was thrown").into()),
        }
    }

    /// What an expression is on the page.
    pub fn get(&mut self, expression: &str) -> Value {
        self.evaluate(expression).unwrap_or_else(|thrown| panic!("{expression}: {thrown}"))
    }

    /// What an expression is on the page, as soon as that is neither false nor null, zero or an empty text.
    pub fn until(&mut self, what: &str, expression: &str) -> Value {
        let begin = Instant::now();
        loop {
            let found = self.evaluate(expression);
            if let Ok(value) = &found
                && ![Value::Null, false.into(), 0.into(), "".into()].contains(value)
            {
                return value.clone();
            }
            if begin.elapsed() > PATIENCE {
                let text = self.evaluate("document.body.innerText");
                panic!("{what}: not in {PATIENCE:?}: {expression} is {found:?}; {:?}; {text:?}", self.seen);
            }
            // What comes meanwhile is noted; it does not matter which message ends the wait.
            self.next(LOOK);
        }
    }

    /// Presses a key and lets it go: one letter or sign, or `Tab`, `Enter`, `Escape`.
    pub fn press(&mut self, key: &str) {
        let (number, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            sign => (sign.to_ascii_uppercase().as_bytes()[0], sign),
        };
        let code = if text == key { "" } else { key };
        let press = json!({"type": "keyDown", "key": key, "code": code, "text": text, "windowsVirtualKeyCode": number});
        let release = json!({"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": number});
        self.ask("Input.dispatchKeyEvent", press);
        self.ask("Input.dispatchKeyEvent", release);
    }

    /// Draws a line with the mouse's button held.
    pub fn drag(&mut self, places: &[(f64, f64)]) {
        let mut send = |kind: &str, (x, y): (f64, f64), buttons: u8| {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({"type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1});
            self.ask("Input.dispatchMouseEvent", event);
        };
        let (first, last) = (places[0], places[places.len() - 1]);
        send("mousePressed", first, 1);
        places.iter().for_each(|place| send("mouseMoved", *place, 1));
        send("mouseReleased", last, 0);
    }
}

impl Seen {
    /// Keeps what a message tells of.
    fn note(&mut self, message: &Value) {
        let told = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.consoleAPICalled")
                if ["error", "warning", "assert"].iter().any(|kind| told["type"] == *kind) =>
            {
                self.console.push(told["args"].to_string());
            }
            Some("Runtime.exceptionThrown") => self.exceptions.push(told["exceptionDetails"].to_string()),
            Some("Log.entryAdded") if told["entry"]["level"] == "error" => {
                self.log.push(format!("{} {}", told["entry"]["text"], told["entry"]["url"]));
            }
            Some("Network.requestWillBeSent") => {
                let url = told["request"]["url"].as_str().expect("an address");
                if let Some((_, rest)) = url.split_once("://") {
                    self.hosts.insert(rest.split(['/', '?', '#']).next().unwrap_or(rest).into());
                }
            }
            _ => {}
        }
    }
}

impl Drop for Chromium {
    /// Its children end with it, and a profile can be removed when nobody writes to it.
    fn drop(&mut self) {
        // It ends by itself when nobody can talk to it any more.
        drop(self.input.take());
        let begin = Instant::now();
        while matches!(self.process.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(5) {
            thread::sleep(LOOK);
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = self.reader.take().map(JoinHandle::join);
    }
}
