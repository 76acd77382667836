//! Requests that mean no good, or come from elsewhere.

use super::client::{At, Lab};
use crate::common::call;
use crate::looking::games::{GAMES, config};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use twoplayer::data::Digits;

fn lab() -> Lab {
    let digits = Digits::new((0..60 * 64).map(|i| (i % 251) as u8).collect(), vec![0; 60], 8, 8);
    Lab::of(config(GAMES[0].1), digits)
}

/// The program itself, and where its page is.
struct Program(Child, At);

impl Program {
    fn start(arguments: &[&str]) -> Self {
        Self::start_in(Path::new("."), arguments)
    }

    fn start_in(directory: &Path, arguments: &[&str]) -> Self {
        let all = [&["lab", "--no-open"], arguments].concat();
        let mut command = call(&all);
        command.current_dir(directory).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (port, token) = line.trim().strip_prefix("http://127.0.0.1:").unwrap().split_once("/#").unwrap();
        assert!(token.len() >= 22, "{token}");
        let at = At { port: port.parse().unwrap(), token: token.into() };
        Self(child, at)
    }

    /// The most memory that it has had, in MiB.
    fn peak(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn without_the_token_nothing_is_told_and_with_a_wrong_host_not_even_that() {
    let lab = lab();
    let At { port, token } = &lab.at;
    let host = format!("Host: 127.0.0.1:{port}\r\n");
    let known = format!("Authorization: Bearer {token}\r\n");
    let ask =
        |line: &str, headers: &str| lab.at.say(&format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")).0;
    for path in [
        "frame",
        "command",
        "tape",
        "node?index=0",
        "number?index=0&element=0",
        "turn",
        "arrays",
        "array?name=x",
        "config",
        "",
        "nothing",
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
            assert_eq!(ask(&format!("{method} /api/{path}"), &host), 401, "{method} {path}");
        }
    }
    assert_eq!(ask("GET /api/config", &(host.clone() + &known)), 200);
    assert_eq!(ask("GET /api/config", &(host.clone() + "Authorization: Bearer wrong\r\n")), 401);
    for wrong in [
        "evil.example".into(),
        "127.0.0.1.evil.example".into(),
        "127.0.0.1:1".to_owned(),
        format!("evil.example:{port}"),
    ] {
        assert_eq!(ask("GET /", &format!("Host: {wrong}\r\n")), 403, "{wrong}");
        let forged = format!("Host: {wrong}\r\nOrigin: http://{wrong}\r\n{known}");
        assert_eq!(ask("GET /api/config", &forged), 403, "{wrong}");
    }
    assert!(matches!(ask("GET /", ""), 400 | 403), "no Host");
    assert_eq!(ask("GET /api/config", &format!("{host}{known}Origin: http://evil.example\r\n")), 403);
    assert_eq!(ask("GET /api/config", &format!("{host}{known}Sec-Fetch-Site: cross-site\r\n")), 403);
    assert_eq!(ask("GET /", &host), 200);
}

#[test]
fn every_answer_keeps_other_pages_out() {
    let lab = lab();
    for path in ["/", "/main.js", "/nothing", "/api/config"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", lab.at.port);
        let answer = String::from_utf8_lossy(&lab.at.raw(request.as_bytes())).to_lowercase();
        for header in [
            "content-security-policy: default-src 'none'",
            "frame-ancestors 'none'",
            "x-content-type-options: nosniff",
            "referrer-policy: no-referrer",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(answer.contains(header), "{path}: no {header} in {answer:.600}");
        }
        assert!(!answer.contains("access-control") && !answer.contains("unsafe-inline"), "{path}");
    }
}

#[test]
fn what_cannot_be_done_is_refused_in_a_line() {
    let lab = lab();
    lab.do_and_see(r#"{"do":"operation"}"#);
    let refused = |status: u16, (found, body): (u16, Vec<u8>), what: &str| {
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{what}: no JSON"));
        let said = body["error"].as_str().unwrap();
        assert!(found == status && !said.is_empty() && !said.contains('\n'), "{what}: {found} {said}");
    };
    for command in [
        "",
        "{}",
        "[]",
        "nonsense",
        r#"{"do":"explode"}"#,
        r#"{"do":"step","times":3}"#,
        r#"{"do":"back"}"#,
        r#"{"do":"back","step":99}"#,
        r#"{"do":"speed","steps_per_second":-1}"#,
        r#"{"do":"set","key":"training.seed","value":1}"#,
        r#"{"do":"set","key":"generator.latent_dim","value":9}"#,
        r#"{"do":"set","key":"generator.adam.learning_rate","value":"much"}"#,
        r#"{"do":"set","key":"generator.adam.learning_rate","value":-1}"#,
        r#"{"do":"set","key":"","value":1}"#,
        r#"{"do":"to","step":0}"#,
        r#"{"do":"to","step":99,"event":1}"#,
        r#"{"do":"skip","player":"both"}"#,
        r#"{"do":"fork","step":3}"#,
        r#"{"do":"nudge","parameter":"generator.0.weight","element":0,"by":1e99}"#,
        r#"{"do":"plane","data":"square"}"#,
        r#"{"do":"plane","points":[]}"#,
        r#"{"do":"plane","points":[[2,0]]}"#,
        r#"{"do":"plane","radius":1}"#,
        r#"{"do":"set","key":"a.b.c.d.e.f.g","value":null}"#,
    ] {
        refused(400, lab.at.post(command), command);
    }
    for command in [r#"{"do":"fork"}"#, r#"{"do":"skip","player":"generator"}"#, r#"{"do":"forget"}"#] {
        refused(409, lab.at.post(command), command);
    }
    for (path, status) in [
        ("/api/node", 400),
        ("/api/node?index=-1", 400),
        ("/api/node?index=99999", 400),
        ("/api/node?index=99999999999999999999", 400),
        ("/api/node?index=0&of=all", 400),
        ("/api/node?index=0&index=1", 400),
        ("/api/number?index=0&element=99999999", 400),
        ("/api/number?index=0", 400),
        ("/api/frame?after=x", 400),
        ("/api/frame?before=1", 400),
        ("/api/nothing", 404),
        ("/../../etc/passwd", 404),
        ("/%2e%2e/Cargo.toml", 404),
        ("/index.html/..", 404),
        ("/api/array?name=../../x", 409),
        ("/api/nudge?index=0&element=0", 400),
        ("/api/nudge?index=0&element=0&by=nan", 400),
        ("/api/nudge?index=0&element=99999999&by=1", 400),
        ("/api/nudge?index=0&element=0&by=1", 409),
        ("/api/layers?network=judge", 400),
        ("/api/layers?network=generator", 409),
        ("/api/dirac?objective=win", 400),
        ("/api/dirac?rate=7", 400),
    ] {
        refused(status, lab.at.get(path), path);
    }
    lab.do_and_see(r#"{"do":"step"}"#);
    refused(404, lab.at.get("/api/array?name=../../../etc/passwd"), "a name that is a path");
    for command in [
        r#"{"do":"mute","network":"generator","layer":99,"unit":0}"#,
        r#"{"do":"mute","network":"generator","layer":0,"unit":99999}"#,
        r#"{"do":"mute","network":"discriminator","layer":1,"unit":0}"#,
        r#"{"do":"nudge","parameter":"average.generator.0.weight","element":0,"by":1}"#,
        r#"{"do":"nudge","parameter":"generator.0.weight","element":99999,"by":1}"#,
        r#"{"do":"teach","pixels":"","label":1}"#,
    ] {
        refused(400, lab.at.post(command), command);
    }
    for command in [r#"{"do":"forget"}"#, r#"{"do":"name"}"#, r#"{"do":"mend","remedy":"he"}"#] {
        refused(409, lab.at.post(command), command);
    }
    let large = format!(r#"{{"do":"set","key":"{}","value":1}}"#, "x".repeat(70_000));
    refused(413, lab.at.post(&large), "too large");
}

#[test]
fn slow_and_half_open_guests_stop_neither_training_nor_the_page() {
    let lab = lab();
    let half: Vec<_> = (0..40)
        .map(|i| {
            let mut stream = lab.at.connect();
            let said: &[u8] = if i % 2 == 0 { b"" } else { b"POST /api/command HTTP/1.1\r\nContent-Le" };
            stream.write_all(said).unwrap();
            stream
        })
        .collect();
    lab.go_to(5);
    drop(half);
}

#[test]
fn a_burst_of_requests_leaves_memory_bounded_and_ctrl_c_ends_in_good_order() {
    let mut lab = Program::start(&["--preset", "mlp", "--paused"]);
    assert_eq!(lab.1.get("/api/frame").0, 200);
    let before = lab.peak();
    thread::scope(|threads| {
        for _ in 0..8 {
            let at = lab.1.clone();
            threads.spawn(move || {
                let (port, token) = (at.port, &at.token);
                let one =
                    format!("GET /api/config HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n");
                let mut all = format!("{one}\r\n").repeat(1249);
                all += &format!("{one}Connection: close\r\n\r\n");
                let mut stream = at.connect();
                let mut reader = stream.try_clone().unwrap();
                let read = thread::spawn(move || {
                    let mut answers = Vec::new();
                    let _ = reader.read_to_end(&mut answers);
                    String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count()
                });
                stream.write_all(all.as_bytes()).unwrap();
                assert_eq!(read.join().unwrap(), 1250);
            });
        }
    });
    assert!(lab.peak() < before + 64, "{before} MiB, and then {}", lab.peak());
    let interrupted = std::process::Command::new("kill").args(["-INT", &lab.0.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(lab.0.wait().unwrap().code(), Some(130));
    let mut said = String::new();
    lab.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("nothing was kept"), "{said}");
}

#[test]
fn a_port_in_use_is_passed_over_or_refused() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let answer = call(&["lab", "--no-open", "--preset", "mlp", "--port", &port]).output().unwrap();
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert_eq!(answer.status.code(), Some(1), "{said}");
    assert!(said.contains(&port) && said.contains("--port") && said.trim().lines().count() == 1, "{said}");
    let (one, other) =
        (Program::start(&["--preset", "mlp", "--paused"]), Program::start(&["--preset", "mlp", "--paused"]));
    assert_ne!(one.1.port, other.1.port);
}

#[test]
fn a_run_is_opened_where_it_stands_and_its_directory_stays_as_it_is() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("run");
    let root = root.to_str().unwrap();
    let train = ["train", "--preset", "lab", "--examples", "500", "--steps", "12", "--quiet", "--out", root];
    assert!(call(&train).status().unwrap().success());
    let files = || {
        let mut found: Vec<_> =
            files_in(place.path()).into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
        found.sort();
        found
    };
    let before = files();
    let lab = Program::start(&[root, "--set", "training.steps=20"]);
    let frame = |after: u64| -> serde_json::Value {
        serde_json::from_slice(&lab.1.get(&format!("/api/frame?after={after}")).1).unwrap()
    };
    let first = frame(0);
    assert_eq!((&first["at"]["step"], &first["at"]["playing"]), (&12.into(), &false.into()));
    assert_eq!(lab.1.post(r#"{"do":"back","step":3}"#).0, 400, "that is before it was opened");
    assert_eq!(lab.1.post(r#"{"do":"step"}"#).0, 200);
    assert_eq!(frame(first["number"].as_u64().unwrap())["at"]["step"], 13);
    drop(lab);
    assert!(before == files(), "the directory has changed");
    let answer = call(&["lab", "--no-open", place.path().to_str().unwrap()]).output().unwrap();
    let said = String::from_utf8_lossy(&answer.stderr).into_owned();
    assert!(answer.status.code() == Some(1) && said.trim().lines().count() == 1, "{said}");
}

#[test]
fn a_run_that_is_saved_can_be_gone_on_with() {
    let place = tempfile::tempdir().unwrap();
    let settings = ["--set", "training.examples=500", "--set", "training.steps=20", "--set", "record.log_every=2"];
    let mut lab = Program::start_in(place.path(), &[&["--preset", "lab", "--paused"], &settings[..]].concat());
    let frame = |after: u64| -> serde_json::Value {
        serde_json::from_slice(&lab.1.get(&format!("/api/frame?after={after}")).1).unwrap()
    };
    let mut seen = frame(0);
    while seen["at"]["step"] != 5 {
        assert_eq!(lab.1.post(r#"{"do":"step"}"#).0, 200);
        seen = frame(seen["number"].as_u64().unwrap());
    }
    assert!(seen["saved"].is_null());
    assert_eq!(lab.1.post(r#"{"do":"save"}"#).0, 200);
    let saved = frame(seen["number"].as_u64().unwrap())["saved"].as_str().unwrap().to_owned();
    Command::new("kill").args(["-INT", &lab.0.id().to_string()]).status().unwrap();
    let mut said = String::new();
    lab.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(lab.0.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains(&format!("kept: {saved}")), "{said}");

    let run = |arguments: &[&str]| call(arguments).current_dir(place.path()).output().unwrap();
    let resumed = run(&["train", "--resume", &saved, "--quiet"]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    let whole = run(&[&["train", "--preset", "lab", "--quiet", "--out", "whole"], &settings[..]].concat());
    assert!(whole.status.success(), "{}", String::from_utf8_lossy(&whole.stderr));
    let files = |name: &str| [&*saved, "whole"].map(|run| std::fs::read(place.path().join(run).join(name)).unwrap());
    for name in ["generator.safetensors", "discriminator.safetensors"] {
        let [resumed, whole] = files(name);
        assert!(resumed == whole, "{name}");
    }
    let [resumed, whole] = files("metrics.csv").map(|file| String::from_utf8(file).unwrap());
    let losses = |table: &str| table.lines().map(|line| line.split(',').take(4).collect()).collect::<Vec<String>>();
    assert_eq!(losses(&resumed), losses(&whole));
}

fn files_in(directory: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}
