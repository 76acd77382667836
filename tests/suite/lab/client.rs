//! A lab in this process, and whoever asks it: HTTP by hand, so that anything can be said.

use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use twoplayer::data::Digits;
use twoplayer::gan::Config;
use twoplayer::lab::{Address, Engine, Mailbox, serve};
use twoplayer::parallel::on_threads;

/// A lab that runs until it is dropped.
pub struct Lab {
    pub at: At,
    mailbox: Arc<Mailbox>,
    threads: Vec<JoinHandle<()>>,
}

/// Where a lab is, and its secret.
#[derive(Clone, Debug)]
pub struct At {
    pub port: u16,
    pub token: String,
}

impl Lab {
    /// Begins this run, paused before its first step.
    pub fn of(config: Config, digits: Digits) -> Self {
        let address = free_address();
        let at = At { port: address.port(), token: address.token().into() };
        let mailbox = Arc::new(Mailbox::default());
        let (guests, engines) = (Arc::clone(&mailbox), Arc::clone(&mailbox));
        let server = thread::spawn(move || {
            let over = Arc::clone(&guests);
            serve(address, guests, Duration::from_millis(5), move || over.is_closed()).expect("it serves");
        });
        let engine = thread::spawn(move || {
            let engine = Engine { name: "test".into(), config, from: None, playing: false };
            on_threads(1, || engine.run(&digits, &engines)).expect("a thread").expect("a run");
        });
        Self { at, mailbox, threads: vec![server, engine] }
    }

    /// The next frame after this one.
    pub fn frame(&self, after: u64) -> Value {
        let (status, body) = self.at.get(&format!("/api/frame?after={after}"));
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).expect("JSON")
    }

    /// Does something that is not refused, and waits until a frame shows it.
    pub fn do_and_see(&self, command: &str) -> Value {
        let before = self.frame(0)["number"].as_u64().expect("a number");
        let (status, body) = self.at.post(command);
        assert_eq!(status, 200, "{command}: {}", String::from_utf8_lossy(&body));
        self.frame(before)
    }

    /// Goes to a step, forward or back, and waits until it is there.
    pub fn go_to(&self, step: u64) {
        let mut frame = self.frame(0);
        if frame["at"]["newest"].as_u64() >= Some(step) {
            frame = self.do_and_see(&format!(r#"{{"do":"back","step":{step}}}"#));
        }
        while frame["at"]["step"].as_u64() < Some(step) {
            frame = self.do_and_see(r#"{"do":"step"}"#);
        }
        assert_eq!((&frame["at"]["step"], &frame["at"]["moment"]["kind"]), (&step.into(), &"step".into()));
    }

    /// All that training changes, by name.
    pub fn arrays(&self) -> Vec<(String, Vec<u8>)> {
        let (status, list) = self.at.get("/api/arrays");
        assert_eq!(status, 200, "{}", String::from_utf8_lossy(&list));
        let list: Vec<(String, Vec<usize>)> = serde_json::from_slice(&list).expect("JSON");
        let array = |(name, _): (String, Vec<usize>)| {
            let (status, file) = self.at.get(&format!("/api/array?name={name}"));
            assert_eq!(status, 200, "{name}");
            (name, file)
        };
        list.into_iter().map(array).collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.mailbox.close();
        let ended: Vec<_> = self.threads.drain(..).map(JoinHandle::join).collect();
        assert!(thread::panicking() || ended.iter().all(Result::is_ok), "the lab has panicked");
    }
}

/// A port that nobody else has; tests run beside each other.
fn free_address() -> Address {
    let begin = Instant::now();
    loop {
        match Address::take(None) {
            Ok(address) => return address,
            Err(error) => assert!(begin.elapsed().as_secs() < 20, "{error}"),
        }
    }
}

impl At {
    /// Asks as the page does.
    pub fn get(&self, path: &str) -> (u16, Vec<u8>) {
        self.say(&format!("GET {path} HTTP/1.1\r\n{}\r\n", self.headers()))
    }

    /// A command, as the page sends it.
    pub fn post(&self, command: &str) -> (u16, Vec<u8>) {
        self.post_to("/api/command", command)
    }

    /// Something else that is sent.
    pub fn post_to(&self, path: &str, body: &str) -> (u16, Vec<u8>) {
        let length = body.len();
        let head = format!("POST {path} HTTP/1.1\r\n{}Content-Length: {length}\r\n\r\n", self.headers());
        self.say(&(head + body))
    }

    fn headers(&self) -> String {
        let Self { port, token } = self;
        format!("Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n")
    }

    /// Says this, and reads all of the answer: its status and what follows the headers.
    pub fn say(&self, request: &str) -> (u16, Vec<u8>) {
        let answer = self.raw(request.as_bytes());
        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (Some(status), Some(end)) = (status, end) else { panic!("no HTTP: {text:?} to {request:?}") };
        (status, answer[end + 4..].to_vec())
    }

    /// All bytes of the answer.
    pub fn raw(&self, request: &[u8]) -> Vec<u8> {
        let mut stream = self.connect();
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket");
        let _ = stream.write_all(request); // it may be refused before all is said
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    }

    pub fn connect(&self) -> TcpStream {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("the lab listens")
    }
}
