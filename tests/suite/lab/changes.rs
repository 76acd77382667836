//! What is changed by hand in a run: that it does what it says, and that it is done again on the way back.

use super::client::Lab;
use super::exactness::{digits, game, undisturbed};
use crate::looking::games::GAMES;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

fn get(lab: &Lab, path: &str) -> Value {
    let (status, body) = lab.at.get(path);
    assert_eq!(status, 200, "{path}: {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

fn change(lab: &Lab, command: &Value) -> Value {
    lab.do_and_see(&command.to_string())
}

/// The numbers of one array of a lab's.
fn numbers(lab: &Lab, name: &str) -> Vec<f32> {
    let (_, file) = lab.arrays().into_iter().find(|(known, _)| known == name).expect("an array");
    let header = 10 + usize::from(u16::from_le_bytes([file[8], file[9]]));
    file[header..].chunks_exact(4).map(|x| f32::from_le_bytes(x.try_into().unwrap())).collect()
}

#[test]
fn all_changes_are_made_again_on_the_way_back() {
    for number in [0, 2] {
        let config = game(number, 60);
        let lab = Lab::of(config.clone(), digits());
        lab.go_to(24);
        change(&lab, &json!({ "do": "nudge", "parameter": "generator.0.weight", "element": 3, "by": 0.5 }));
        change(&lab, &json!({ "do": "nudge", "parameter": "generator.0.weight", "element": 3, "by": 0.25 }));
        let nudged = lab.arrays();
        lab.go_to(25);
        change(&lab, &json!({ "do": "mute", "network": "generator", "layer": 0, "unit": 1 }));
        let muted = lab.arrays();
        change(&lab, &json!({ "do": "skip", "player": "generator" }));
        let skipped = lab.arrays();
        let picture = STANDARD.encode([90; 64]);
        let frame = change(&lab, &json!({ "do": "teach", "pixels": picture, "label": 4 }));
        assert_eq!((&frame["own"]["labels"], &frame["own"]["was"]), (&json!([4]), &frame["own"]["logits"]));
        change(&lab, &json!({ "do": "set", "key": "discriminator.adam.learning_rate", "value": 0.01 }));
        lab.go_to(52);
        let end = lab.arrays();
        let frame = lab.frame(0);
        assert_eq!(frame["edits"].as_array().unwrap().len(), 6, "{}", frame["edits"]);
        for (step, expected) in [(24, &nudged), (26, &skipped), (25, &muted), (52, &end), (51, &end), (26, &skipped)] {
            lab.go_to(step);
            if step == 51 {
                lab.go_to(52);
            }
            assert_eq!(lab.arrays(), *expected, "game {number}, step {step}");
        }
        lab.go_to(23);
        let (plain, seen) = (undisturbed(&config, 23), lab.arrays());
        assert!(plain.iter().zip(&seen).all(|((_, bytes), (_, file))| file.ends_with(bytes)), "before all of it");
    }
}

#[test]
fn a_muted_unit_has_no_weights_and_a_nudged_weight_has_moved() {
    let lab = Lab::of(game(0, 9), digits());
    lab.go_to(2);
    let (before, image) = (numbers(&lab, "generator.0.weight"), lab.frame(0)["fakes"]["pixels"].clone());
    let frame = change(&lab, &json!({ "do": "mute", "network": "generator", "layer": 0, "unit": 5 }));
    let width = before.len() / 12;
    for name in ["generator.0.weight", "average.generator.0.weight"] {
        assert!(numbers(&lab, name)[5 * width..6 * width].iter().all(|&x| x == 0.0), "{name}");
    }
    let after = numbers(&lab, "generator.0.weight");
    assert!(after[..5 * width] == before[..5 * width] && after[6 * width..] == before[6 * width..]);
    assert_eq!(numbers(&lab, "generator.0.bias")[5], 0.0);
    assert_ne!(frame["fakes"]["pixels"], image, "the images show it");
    change(&lab, &json!({ "do": "nudge", "parameter": "generator.0.bias", "element": 5, "by": -0.5 }));
    assert_eq!(numbers(&lab, "generator.0.bias")[5], -0.5);
}

#[test]
fn a_player_that_is_skipped_stands_for_one_step() {
    let lab = Lab::of(game(3, 9), digits());
    lab.go_to(1);
    let weights = |player: &str| -> Vec<Vec<f32>> {
        let names = lab.arrays().into_iter().map(|(name, _)| name);
        let own = names.filter(|name| name.starts_with(player) && name.ends_with("weight"));
        own.map(|name| numbers(&lab, &name)).collect()
    };
    for (player, other) in [("discriminator", "generator"), ("generator", "discriminator")] {
        let [stands, moves] = [player, other].map(weights);
        let frame = change(&lab, &json!({ "do": "skip", "player": player }));
        assert_eq!(frame["at"]["moment"]["kind"], "step");
        assert_eq!(weights(player), stands, "{player}");
        assert_ne!(weights(other), moves, "{other}");
        lab.do_and_see(r#"{"do":"step"}"#);
        assert_ne!(weights(player), stands, "{player}, a step later");
    }
    assert_eq!(lab.frame(0)["at"]["step"], 5);
}

#[test]
fn a_game_that_is_forked_goes_on_beside_the_one_that_is_changed() {
    let config = game(0, 60);
    let plain = Lab::of(config.clone(), digits());
    let lab = Lab::of(config, digits());
    lab.go_to(7);
    let frame = lab.do_and_see(r#"{"do":"fork"}"#);
    assert_eq!((&frame["fork"]["fakes"], &frame["fork"]["since"]), (&frame["fakes"], &json!(7)), "still the same");
    change(&lab, &json!({ "do": "set", "key": "generator.adam.learning_rate", "value": 0.05 }));
    for step in [8, 31, 12, 30] {
        lab.go_to(step);
        plain.go_to(step);
        let (frame, undisturbed) = (lab.frame(0), plain.frame(0));
        let beside = &frame["fork"];
        assert_eq!(beside["step"], json!(step));
        assert_eq!((&beside["fakes"], &beside["scores"]), (&undisturbed["fakes"], &undisturbed["scores"]), "{step}");
        assert_eq!(beside["curve"], undisturbed["curve"]);
        assert_ne!(beside["fakes"], frame["fakes"]);
        assert_eq!(beside["changes"], json!(["generator.adam.learning_rate = 0.05"]));
    }
    assert!(lab.do_and_see(r#"{"do":"join"}"#)["fork"].is_null());
    lab.do_and_see(r#"{"do":"fork"}"#);
    lab.go_to(29);
    assert!(lab.frame(0)["fork"].is_null(), "before it there was one game");
}

#[test]
fn any_moment_within_a_step_can_be_gone_to() {
    let lab = Lab::of(game(1, 9), digits());
    lab.go_to(3);
    let mut moments = Vec::new();
    loop {
        let frame = lab.do_and_see(r#"{"do":"operation"}"#);
        let at = frame["at"].clone();
        if at["moment"]["kind"] == "step" {
            assert_eq!((&at["step"], &at["event"]), (&json!(4), &json!(0)));
            break;
        }
        moments.push((at["event"].clone(), at["moment"].clone()));
    }
    let count = moments.len();
    for index in [0, count / 2, count - 1, count / 3] {
        let (event, moment) = &moments[index];
        let frame = change(&lab, &json!({ "do": "to", "step": 3, "event": event }));
        assert_eq!((&frame["at"]["event"], &frame["at"]["moment"], &frame["at"]["step"]), (event, moment, &json!(3)));
    }
    let frame = change(&lab, &json!({ "do": "to", "step": 3, "event": 1_000_000 }));
    assert_eq!(frame["at"]["step"], 4, "a step has no such moment: its end comes first");
}

#[test]
fn a_nudge_is_measured_and_is_what_the_tape_says() {
    for (number, (name, _)) in GAMES.iter().enumerate().skip(1) {
        let lab = Lab::of(game(number, 4), digits());
        lab.go_to(1);
        let at_the_end = |frame: &Value| {
            let moment = &frame["at"]["moment"];
            moment["phase"] == "backward" && moment["edge"] == "ends" && moment["network"] == "generator"
        };
        while !at_the_end(&lab.do_and_see(r#"{"do":"phase"}"#)) {}
        let tape = get(&lab, "/api/tape");
        let mut compared = 0;
        for node in tape["nodes"].as_array().unwrap() {
            let is_parameter = node["name"].as_str().is_some_and(|name| name.ends_with("weight"));
            if !is_parameter || node["adjoint"] != "known" {
                continue;
            }
            let nudge = |by: f64| get(&lab, &format!("/api/nudge?index={}&element=1&by={by}", node["index"]));
            let (measured, predicted, rounding) = {
                let [up, down] = [1e-3, -1e-3].map(nudge);
                let number = |key: &str, of: &Value| of[key].as_f64().unwrap();
                let measured = (number("measured", &up) - number("measured", &down)) / 2.0;
                (measured, number("predicted", &up), number("rounding", &up))
            };
            let allowed = 0.05 * predicted.abs() + 8.0 * rounding;
            assert!((measured - predicted).abs() < allowed, "{name}, {node}: {measured} for {predicted}");
            compared += usize::from(predicted.abs() > 40.0 * rounding);
        }
        assert!(compared > 0, "{name}: all slopes are too small to be measured");
    }
}

#[test]
fn what_adam_is_about_to_do_is_what_it_does() {
    for number in [0, 2, 3] {
        let lab = Lab::of(game(number, 9), digits());
        lab.go_to(2);
        let arrays = lab.arrays();
        let name = arrays.iter().map(|(name, _)| &**name).find(|name| name.ends_with(".weight")).unwrap();
        let before = numbers(&lab, name);
        // The first parameter moves when all gradients are known.
        let mut frame = lab.do_and_see(r#"{"do":"phase"}"#);
        let ends = |moment: &Value| moment["edge"] == "ends" && moment["phase"] == "backward";
        while !(ends(&frame["at"]["moment"])
            && frame["at"]["moment"]["network"].as_str().unwrap().contains("generator"))
        {
            frame = lab.do_and_see(r#"{"do":"phase"}"#);
        }
        let tape = get(&lab, "/api/tape");
        let node = tape["nodes"].as_array().unwrap().iter().find(|node| node["name"] == name).unwrap()["index"].clone();
        let told = get(&lab, &format!("/api/number?index={node}&element=4"));
        lab.go_to(3);
        let moved = numbers(&lab, name)[4] - before[4];
        assert_eq!(told["adam"]["by"].as_f64().map(|by| by as f32), Some(moved), "game {number}: {}", told["adam"]);
    }
}

#[test]
fn every_layer_of_every_network_shows_its_units() {
    for (number, (name, _)) in GAMES.iter().enumerate() {
        let lab = Lab::of(game(number, 4), digits());
        lab.go_to(1);
        let frame = lab.frame(0);
        for network in ["generator", "discriminator"] {
            let answer = get(&lab, &format!("/api/layers?network={network}"));
            let layers = answer["layers"].as_array().unwrap();
            assert_eq!(layers.len(), frame["run"]["players"][network].as_array().unwrap().len(), "{name}");
            let pictures = layers.iter().flat_map(|layer| [&layer["activations"], &layer["filters"]]);
            for maps in pictures.filter(|maps| !maps.is_null()) {
                let size = |key: &str| maps[key].as_u64().unwrap() as usize;
                let bytes = STANDARD.decode(maps["bytes"].as_str().unwrap()).unwrap();
                assert_eq!(bytes.len(), size("height") * size("width") * size("count"), "{name}, {network}");
                assert!(bytes.iter().any(|&byte| byte != 128), "{name}, {network}: nothing is seen");
            }
            assert!(layers[0]["gradient"].as_f64().unwrap() > 0.0, "{name}, {network}");
            assert!(layers.iter().any(|layer| layer["units"].as_u64() > Some(0)), "{name}, {network}");
        }
        let filters = &get(&lab, "/api/layers?network=discriminator")["layers"][0]["filters"];
        assert!(filters["count"].as_u64() > Some(0), "{name}: {filters}");
    }
}

#[test]
fn own_digits_are_learned_from_and_the_nearest_image_is_found() {
    let lab = Lab::of(game(3, 60), digits());
    lab.go_to(2);
    let picture = STANDARD.encode([200; 64]);
    let frame = change(&lab, &json!({ "do": "teach", "pixels": picture, "label": 1 }));
    let was = frame["own"]["was"][0].as_f64().unwrap();
    lab.go_to(30);
    let now = lab.frame(0)["own"]["logits"][0].as_f64().unwrap();
    assert!((now - was).abs() > 1e-3, "{was} then, {now} now");
    let (_, real) = lab.at.get("/api/real?index=0");
    assert_eq!(serde_json::from_slice::<Value>(&real).unwrap()["pixels"], json!(picture), "one of the real ones");
    let (status, nearest) = lab.at.post_to("/api/nearest", &json!({ "pixels": picture, "label": 1 }).to_string());
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&nearest));
    let nearest: Value = serde_json::from_slice(&nearest).unwrap();
    assert!(nearest["distance"].as_f64() <= nearest["first"].as_f64() && nearest["logit"].is_number());
    assert!(change(&lab, &json!({ "do": "forget" }))["own"].is_null());
}

#[test]
fn the_plane_is_played_and_left() {
    let lab = Lab::of(game(0, 9), digits());
    assert!(lab.frame(0)["plane"].is_null());
    lab.do_and_see(r#"{"do":"plane","data":"grid","objective":"hinge"}"#);
    lab.at.post(r#"{"do":"pause"}"#);
    let mut frame = lab.do_and_see(r#"{"do":"step"}"#);
    while frame["at"]["playing"] == true || frame["plane"].is_null() {
        frame = lab.do_and_see(r#"{"do":"step"}"#);
    }
    let plane = &frame["plane"];
    let count = |list: &Value| list.as_array().unwrap().len();
    assert_eq!((count(&plane["reals"]), count(&plane["fakes"]), count(&plane["pull"])), (400, 256, 64));
    assert_eq!((count(&plane["surface"]["logits"]), count(&plane["warp"]["points"])), (32 * 32, 13 * 13));
    let settings = json!({ "objective": "hinge", "update": "alternating", "penalty": true, "data": "grid" });
    assert_eq!(plane["settings"], settings);
    let dirac = get(&lab, "/api/dirac?objective=minimax&update=simultaneous&penalty=false");
    assert!(dirac["distance"].as_f64() > Some(1.5) && count(&dirac["field"]) == 121, "{}", dirac["distance"]);
    let frame = lab.do_and_see(r#"{"do":"plane","points":[[0.5,-0.5],[0.1,0.2]]}"#);
    assert!(
        frame["plane"]["settings"]["data"] == "drawn" || frame["at"]["step"] == 0,
        "{}",
        frame["plane"]["settings"]
    );
    lab.at.post(r#"{"do":"leave"}"#);
    let mut frame = lab.frame(0);
    while !frame["plane"].is_null() {
        frame = lab.frame(frame["number"].as_u64().unwrap());
    }
    assert_eq!((&frame["run"]["name"], &frame["at"]["step"]), (&json!("test"), &json!(0)));
}
