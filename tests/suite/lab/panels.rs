//! What the easel and the clinic ask for.

use super::client::Lab;
use crate::looking::games::{GAMES, config};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use twoplayer::data::{Digits, Split};
use twoplayer::gan::{Config, Fault};

/// As the page writes bytes.
fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

fn mnist() -> Digits {
    Digits::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist"), Split::Train).unwrap().first(8000)
}

fn judge(lab: &Lab, picture: &Value) -> (u16, Value) {
    let (status, body) = lab.at.post_to("/api/judge", &picture.to_string());
    (status, serde_json::from_slice(&body).unwrap())
}

#[test]
fn a_drawn_digit_is_scored_as_it_would_be_in_training_and_read() {
    let digits = mnist();
    let config = Config { data: None, ..Config::preset("lab").unwrap() };
    let lab = Lab::of(config, digits.first(500));
    let frame = lab.do_and_see(r#"{"do":"step"}"#);
    // The first real digit of the frame, sent back as if it had been drawn.
    let (_, real) = lab.at.get("/api/real?index=0");
    let real: Value = serde_json::from_slice(&real).unwrap();
    let trained: Value = serde_json::from_slice(&lab.at.get("/api/trained").1).unwrap();
    let drawn = STANDARD.decode(trained["pixels"].as_str().unwrap()).unwrap();
    assert_eq!((drawn.len(), trained["shape"][0].as_u64()), (16 * 784, Some(28)));
    let read = |image: &[u8]| judge(&lab, &json!({ "pixels": base64(image) })).1["read"][0][1].as_f64().unwrap();
    let clear = drawn.chunks_exact(784).filter(|image| read(image) > 0.9).count();
    assert!(clear >= 14, "{clear} of 16 trained digits can be read");
    let (status, judged) = judge(&lab, &json!({ "pixels": real["pixels"] }));
    assert_eq!((status, &judged["logit"]), (200, &frame["reals"]["logits"][0]));
    assert_eq!(judged["read"][0][0], real["label"], "the recognizer reads it");
    lab.do_and_see(r#"{"do":"operation"}"#);
    assert_eq!(judge(&lab, &json!({ "pixels": real["pixels"] })).1, judged, "within a step, too");
    for (picture, why) in [
        (json!({ "pixels": "" }), "0"),
        (json!({ "pixels": base64(&[0; 783]) }), "783"),
        (json!({ "pixels": "äöü" }), "base64"),
        (json!({ "pixels": base64(&[0; 784]), "label": 10 }), "label"),
        (json!({ "pixels": base64(&[0; 784]), "more": 1 }), "more"),
        (json!([]), "picture"),
    ] {
        let (status, said) = judge(&lab, &picture);
        assert!(status == 400 && said["error"].as_str().unwrap().contains(why), "{said}");
    }
    assert_eq!(lab.at.post_to("/api/judge", &json!({ "pixels": "A".repeat(70_000) }).to_string()).0, 413);
}

#[test]
fn a_fault_is_caused_told_and_mended() {
    let small = Digits::new(vec![7; 60 * 64], vec![0; 60], 8, 8);
    let lab = Lab::of(config(GAMES[0].1), small);
    let (_, cards) = lab.at.get("/api/cards");
    let cards: Value = serde_json::from_slice(&cards).unwrap();
    assert_eq!(cards["cards"].as_array().unwrap().len(), Fault::ALL.len());
    assert_eq!(lab.at.post(r#"{"do":"mend","remedy":"he"}"#).0, 409, "nothing is to be mended");
    assert_eq!(lab.at.post(r#"{"do":"cause","card":"nothing"}"#).0, 400);
    let frame = lab.do_and_see(r#"{"do":"cause","card":"one-number"}"#);
    let says = frame["says"].as_str().unwrap();
    assert!(says.contains("8") && frame["clinic"].is_null(), "a card's images are of another form: {says}");
    let frame = lab.do_and_see(r#"{"do":"leave"}"#);
    assert_eq!(frame["at"]["step"], 0);
    lab.go_to(1);

    let lab = Lab::of(Config::preset("lab").unwrap(), mnist());
    assert_eq!(lab.at.post(r#"{"do":"cause","card":"tiny-weights"}"#).0, 200);
    let begin = Instant::now();
    let mut frame = lab.frame(0);
    while frame["clinic"]["found"].is_null() {
        assert!(begin.elapsed() < Duration::from_secs(120), "nothing is found: {}", frame["at"]);
        frame = lab.frame(frame["number"].as_u64().unwrap());
    }
    while frame["at"]["playing"] == true {
        frame = lab.frame(frame["number"].as_u64().unwrap()); // it stops to be looked at
    }
    let found = &frame["clinic"]["found"];
    assert_eq!(found["diagnosis"], "mode collapse");
    let remedy = found["remedies"][0]["key"].as_str().unwrap().to_owned();
    assert_eq!(remedy, Fault::named("tiny-weights").unwrap().remedies[0].key());
    assert_eq!(lab.at.post(&format!(r#"{{"do":"mend","remedy":"{remedy}"}}"#)).0, 200);
    let frame = lab.frame(frame["number"].as_u64().unwrap());
    assert_eq!(
        (&frame["clinic"]["mended_by"], &frame["clinic"]["found"]["diagnosis"]),
        (&json!("he"), &json!("mode collapse"))
    );
    lab.do_and_see(r#"{"do":"leave"}"#);
    let mut frame = lab.frame(0);
    while !frame["clinic"].is_null() {
        frame = lab.frame(frame["number"].as_u64().unwrap());
    }
    assert_eq!((&frame["run"]["name"], &frame["at"]["step"]), (&json!("test"), &json!(0)));
}
