//! Whoever pauses, looks and goes back gets the numbers of an undisturbed run.

use super::client::Lab;
use crate::looking::games::{GAMES, config};
use serde_json::Value;
use std::ops::ControlFlow;
use twoplayer::data::Digits;
use twoplayer::gan::{Config, Observer, ObserverError, Session};

/// Made-up images of 8 × 8 pixels.
pub fn digits() -> Digits {
    let pixel = |i: usize| ((i * 2_654_435_761 % 4_294_967_296) >> 24) as u8;
    Digits::new((0..60 * 64).map(pixel).collect(), (0..60).map(|i| i % 10).collect(), 8, 8)
}

/// A game of so many steps.
pub fn game(number: usize, steps: u64) -> Config {
    let mut config = config(GAMES[number].1);
    config.training.steps = Some(steps);
    config.record.log_every = 1;
    config
}

struct Until(u64);

impl Observer for Until {
    fn pause(&mut self, session: &Session) -> Result<ControlFlow<()>, ObserverError> {
        Ok(if session.step() < self.0 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    }
}

/// What an undisturbed run has after so many steps.
pub fn undisturbed(config: &Config, steps: u64) -> Vec<(String, Vec<u8>)> {
    let digits = digits();
    let mut session = Session::new(config, &digits).unwrap();
    session.run(&mut Until(steps)).unwrap();
    let bytes = |array: &twoplayer::nn::Parameter| array.value.iter().flat_map(|x| x.to_le_bytes()).collect();
    session.arrays().iter().map(|array| (array.name.to_string(), bytes(array))).collect()
}

/// The same numbers, though one comes with the header of a file.
fn assert_same(lab: &Lab, config: &Config, steps: u64, what: &str) {
    let (seen, expected) = (lab.arrays(), undisturbed(config, steps));
    assert_eq!(seen.len(), expected.len());
    for ((name, file), (own_name, bytes)) in seen.iter().zip(&expected) {
        assert!(name == own_name && file.ends_with(bytes), "{what}: {name} after {steps} steps");
        assert_eq!(file.len() % 64, bytes.len() % 64, "{what}: {name} has more numbers");
    }
}

/// Looks at all that lies on the tape.
fn look(lab: &Lab, frame: &Value) {
    let (status, tape) = lab.at.get("/api/tape");
    assert_eq!(status, 200);
    let tape: Value = serde_json::from_slice(&tape).unwrap();
    let nodes = tape["nodes"].as_array().unwrap();
    let moment = &frame["at"]["moment"];
    if let Some(node) = moment["node"].as_u64() {
        let known = &nodes[node as usize]["adjoint"];
        assert!(moment["kind"] != "adjoint" || *known == "known", "{moment}: {known}");
        for path in [
            format!("/api/node?index={node}"),
            format!("/api/node?index={node}&of=adjoint"),
            format!("/api/number?index={node}&element=0"),
        ] {
            let (status, answer) = lab.at.get(&path);
            let answer = String::from_utf8_lossy(&answer);
            let may_be = if path.contains("adjoint") && *known != "known" { 409 } else { 200 };
            assert_eq!(status, may_be, "{path}: {answer}");
        }
    }
}

#[test]
fn pausing_and_looking_everywhere_changes_no_byte() {
    for (number, (name, _)) in GAMES.iter().enumerate() {
        let config = game(number, 6);
        let lab = Lab::of(config.clone(), digits());
        let mut kinds = Vec::new();
        loop {
            let frame = lab.do_and_see(r#"{"do":"operation"}"#);
            look(&lab, &frame);
            let kind = frame["at"]["moment"]["kind"].as_str().unwrap().to_owned();
            if kind == "step" {
                break;
            }
            kinds.push(kind);
        }
        for kind in ["operation", "adjoint", "update"] {
            assert!(kinds.iter().filter(|seen| *seen == kind).count() > 4, "{name}: {kind}");
        }
        assert_same(&lab, &config, 1, name);
        for finer in ["phase", "turn"] {
            let mut stops = 0;
            while lab.do_and_see(&format!(r#"{{"do":"{finer}"}}"#))["at"]["moment"]["kind"] != "step" {
                stops += 1;
            }
            assert!(stops >= 2, "{name}: {stops} stops by {finer}");
        }
        assert_same(&lab, &config, 3, name);
        lab.go_to(6);
        assert_same(&lab, &config, 6, name);
        let (status, said) = lab.at.post(r#"{"do":"step"}"#);
        assert_eq!(status, 409, "{}", String::from_utf8_lossy(&said));
    }
}

#[test]
fn any_step_can_be_gone_back_to_and_the_way_forward_is_the_same() {
    let config = game(1, 80);
    let lab = Lab::of(config.clone(), digits());
    lab.go_to(60);
    for step in [59, 26, 25, 0, 1, 60] {
        lab.go_to(step);
        assert_same(&lab, &config, step, "back");
    }
    lab.go_to(61);
    assert_same(&lab, &config, 61, "and on");
    // From within a step, too.
    lab.do_and_see(r#"{"do":"operation"}"#);
    lab.go_to(30);
    assert_same(&lab, &config, 30, "from within a step");
}

#[test]
fn an_edit_holds_from_its_step_on_and_is_made_again_on_the_way_back() {
    let config = game(0, 40);
    let lab = Lab::of(config.clone(), digits());
    lab.go_to(5);
    lab.do_and_see(r#"{"do":"set","key":"generator.adam.learning_rate","value":0.02}"#);
    assert_same(&lab, &config, 5, "an edit changes nothing by itself");
    lab.go_to(9);
    let edited = lab.arrays();
    let plain = undisturbed(&config, 9);
    assert!(edited.iter().zip(&plain).any(|((_, file), (_, bytes))| !file.ends_with(bytes)), "it has an effect");
    lab.go_to(3);
    assert_same(&lab, &config, 3, "before the edit");
    lab.go_to(9);
    assert_eq!(lab.arrays(), edited, "the edit is made again");
    let frame = lab.frame(0);
    assert_eq!(frame["run"]["edited"], true);
    lab.do_and_see(r#"{"do":"restart"}"#);
    lab.go_to(9);
    assert_same(&lab, &config, 9, "begun again, it is as it was");
    lab.do_and_see(r#"{"do":"restart","seed":8}"#);
    lab.go_to(2);
    assert_same(&lab, &Config { seed: 8, ..config }, 2, "another seed");
}

#[test]
fn a_frame_and_the_turns_show_what_a_page_needs() {
    let lab = Lab::of(game(3, 10), digits());
    let first = lab.frame(0);
    assert_eq!((&first["at"]["step"], &first["scores"]), (&0.into(), &Value::Null));
    assert_eq!(lab.at.get("/api/turn").1, b"null");
    let frame = lab.do_and_see(r#"{"do":"step"}"#);
    assert_eq!(frame["fakes"]["logits"].as_array().unwrap().len(), 16);
    assert!(frame["scores"]["d_loss"].is_number() && frame["says"].as_str().unwrap().len() > 10);
    let turn: Value = serde_json::from_slice(&lab.at.get("/api/turn").1).unwrap();
    assert_ne!(turn["generator"]["before"], turn["generator"]["after"]);
    assert_ne!(turn["discriminator"]["real_before"], turn["discriminator"]["real_after"]);
    let (status, _) = lab.at.get("/api/node?index=0");
    assert_eq!(status, 409, "between steps nothing lies on the tape");
}
