//! What a run tells of itself afterwards: its page, its animation, the list of runs, the players' insides.

use crate::common::{self, call, refuses, small_set, text, twoplayer};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;
use twoplayer::run::Picture;

/// A short run on a small set, with labels, convolutions and events for TensorBoard.
fn trained(directory: &Path) -> String {
    small_set(directory);
    let run = directory.join("runs/short");
    let file = directory.join("mine.toml");
    let config = r#"
        preset = "cdcgan"
        [training]
        epochs = 4
        batch_size = 5
        [generator]
        layers = [
            { kind = "label-embedding", units = 3 },
            { kind = "dense", units = 98, activation = "relu" },
            { kind = "reshape", shape = [7, 7, 2] },
            { kind = "conv-transpose", channels = 4, kernel = 4, stride = 2, activation = "relu" },
            { kind = "conv-transpose", channels = 1, kernel = 4, stride = 2, activation = "tanh" },
        ]
        [discriminator]
        layers = [
            { kind = "conv", channels = 6, kernel = 4, stride = 4, activation = "leaky-relu" },
            { kind = "flatten" },
            { kind = "projection" },
        ]
        [record]
        log_every = 3
    "#;
    fs::write(&file, config).unwrap();
    let train = ["train", "--config", text(&file), "--data", text(directory), "--out", text(&run), "--tensorboard"];
    let answer = twoplayer(&[&train[..], &["--json"]].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let lines: Vec<Value> = answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |event: &str| lines.iter().filter(|line| line["event"] == event).count();
    assert_eq!((of("beginning"), of("step"), of("epoch")), (1, 2, 5), "{}", answer.stdout);
    text(&run).to_owned()
}

#[test]
fn a_run_is_listed_inspected_and_animated() {
    let directory = TempDir::new().unwrap();
    let run = trained(directory.path());
    let runs = directory.path().join("runs");

    let answer = twoplayer(&["runs", text(&runs)]);
    let row = answer.stdout.lines().find(|line| line.starts_with("short")).unwrap();
    assert!(row.contains("cdcgan") && row.contains("8/8") && !answer.stdout.contains("stopped"), "{}", answer.stdout);
    let listed: Value = serde_json::from_str(&twoplayer(&["runs", text(&runs), "--json"]).stdout).unwrap();
    assert_eq!((&listed[0]["step"], &listed[0]["state"]), (&Value::from(8), &Value::from("finished")));
    assert_eq!(fs::read_dir(Path::new(&run).join("checkpoints")).unwrap().count(), 1, "it has come to its end");
    beside_another(directory.path(), &runs);
    fs::write(Path::new(&run).join("metrics.csv"), "step,epoch\nmany,1\n").unwrap();
    assert!(twoplayer(&["runs", text(&runs)]).stdout.contains("damaged"));
    refuses(&["report", &run], 1, &["metrics.csv", "line: 2"]);
    refuses(&["runs", "nowhere"], 1, &["nowhere"]);
    let empty = TempDir::new().unwrap();
    let none = common::answer(call(&["runs"]).current_dir(empty.path()));
    assert!(none.code == 0 && none.stdout.contains("twoplayer train"), "{}{}", none.stdout, none.stderr);

    // 1,000 digits are looked at; the small set has ten.
    let inside = directory.path().join("inside");
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/mnist");
    fs::remove_file(Path::new(&run).join("norms.csv")).unwrap();
    fs::remove_file(Path::new(&run).join("metrics.csv")).unwrap();
    let inspect = ["inspect", &run, "--data", data, "--pictures", text(&inside)];
    let answer = twoplayer(&inspect);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let layer = answer.stdout.lines().find(|line| line.contains("label-embedding")).unwrap();
    assert!(layer.contains("103") && answer.stdout.contains("of 6"), "{}", answer.stdout);
    let found: Value = serde_json::from_str(&twoplayer(&[&inspect[..], &["--json"]].concat()).stdout).unwrap();
    let counted = |of: &str| found["scores"][of].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!((counted("real"), counted("generated")), (1000, 1000));
    assert_eq!(found["discriminator"][0]["parameters"], 4 * 4 * 6 + 6);
    for picture in ["filters.png", "gradients.png"] {
        let file = fs::File::open(inside.join(picture)).unwrap();
        assert_eq!(
            png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap().info().color_type,
            png::ColorType::Rgb
        );
    }

    let file = fs::File::open(Path::new(&run).join("samples/evolution.png")).unwrap();
    let frames = png::Decoder::new(std::io::BufReader::new(file))
        .read_info()
        .unwrap()
        .info()
        .animation_control
        .unwrap()
        .num_frames;
    assert_eq!(frames, 5);
    let [still, last] =
        ["evolution.png", "epoch-0004.png"].map(|name| Picture::read_png(&Path::new(&run).join("samples").join(name)));
    assert_eq!(still.unwrap(), last.unwrap(), "what a program shows that knows no animations");
    let events = fs::read_dir(&run)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with("events.out.tfevents."));
    assert_eq!(events.count(), 1);
}

/// Trains the run once more, at another rate, and compares the two.
fn beside_another(directory: &Path, runs: &Path) {
    let config = fs::read_to_string(runs.join("short/config.toml")).unwrap();
    let file = directory.join("other.toml");
    fs::write(&file, config.replacen("learning_rate = 0.001", "learning_rate = 0.004", 1)).unwrap();
    let other = runs.join("other");
    let answer = twoplayer(&["train", "--config", text(&file), "--out", text(&other), "--quiet"]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let difference = ["runs", text(runs), "--diff", "short", "other"];
    let answer = twoplayer(&difference);
    assert!(answer.stdout.lines().all(|line| line.chars().count() <= 80), "{}", answer.stdout);
    let settings: Vec<&str> = answer.stdout.lines().skip(1).take_while(|line| !line.is_empty()).collect();
    let [rate] = settings[..] else { panic!("{}", answer.stdout) };
    assert!(rate.starts_with("generator.adam.learning_rate") && rate.contains("0.001") && rate.ends_with("0.004"));
    let page = fs::read_to_string(runs.join("short-and-other.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("short") && page.contains("other"));
    let values: Value = serde_json::from_str(&twoplayer(&[&difference[..], &["--json"]].concat()).stdout).unwrap();
    assert_eq!(values["settings"][0]["values"][1], "0.004");
    refuses(&["runs", text(runs), "--diff", "short", "none"], 1, &["none"]);
    let own = runs.join("short/config.toml");
    refuses(&[&difference[..], &["--page", text(&own)]].concat(), 2, &["--page"]);
}

#[test]
fn a_run_that_draws_other_digits_than_asked_for_says_so() {
    let directory = TempDir::new().unwrap();
    let run = trained(directory.path());
    let seven = directory.path().join("seven.png");
    let answer = twoplayer(&["sample", &run, "--digit", "7", "-o", text(&seven)]);
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let said = answer
        .stderr
        .lines()
        .find(|line| line.contains("% are read as 7"))
        .unwrap_or_else(|| panic!("{}", answer.stderr));
    let share: f64 = said.split(" %").next().unwrap().split(", ").last().unwrap().parse().unwrap();
    assert!(share < 95.0, "{said}");
    let good = twoplayer(&["sample", "--digit", "7", "-o", text(&seven)]); // the one that comes with the program
    assert!(good.code == 0 && !good.stderr.contains("are read as"), "{}", good.stderr);
}

#[test]
fn shells_and_manuals_know_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let script = twoplayer(&["completions", shell]).stdout;
        assert!(script.contains("interpolate") && script.contains("checkpoint-every"), "{shell}");
    }
    assert!(twoplayer(&["man"]).stdout.contains(".TH twoplayer 1"));
    assert!(twoplayer(&["man", "train"]).stdout.contains("on\\-divergence"));
    refuses(&["man", "trian"], 2, &["\"trian\""]);
    let told = twoplayer(&["-v", "data"]);
    assert!(told.stderr.contains("INFO") && told.stderr.contains("digits read"), "{}", told.stderr);
}

/// Moves the slider, and writes down what the page then shows.
const LOOK: &str = r##"<script>{
  const drawings = [...document.querySelectorAll("figure.chart svg")].filter(svg => svg.getClientRects().length);
  const charts = drawings.map(svg => ({
    title: svg.closest("figure").querySelector("h3").textContent,
    named: svg.closest("figure").querySelectorAll("ul.legend li").length,
    curves: svg.querySelectorAll("polyline[stroke-width='2']").length,
    text: Math.min(...[...svg.querySelectorAll("text")].map(text =>
      text.getAttribute("font-size") * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)),
    wide: Math.max(...[...svg.querySelectorAll("polyline")].map(line => line.getBBox().width)),
  }));
  const shown = () => [...document.querySelectorAll("#grids img")].filter(grid => !grid.hidden).map(grid => grid.alt);
  const before = shown();
  const slider = document.getElementById("epoch");
  slider.value = 1;
  slider.dispatchEvent(new Event("input"));
  const look = () => {
    const pictures = [...document.images].map(image => image.naturalWidth);
    document.body.dataset.seen = JSON.stringify({ charts, before, after: shown(), pictures });
  };
  if (document.readyState === "complete") look(); else addEventListener("load", look);
}</script>"##;

#[test]
fn the_page_draws_its_charts_and_its_slider_moves() {
    let directory = TempDir::new().unwrap();
    let run = trained(directory.path());
    let page = fs::read_to_string(Path::new(&run).join("report.html")).unwrap();
    let outside = page.replace("http://www.w3.org/2000/svg", "");
    assert!(!outside.contains("http:") && !outside.contains("https:"), "the page asks for something from elsewhere");
    assert!(
        page.contains("twoplayer train --config") && page.contains("kind = &quot;projection&quot;"),
        "no configuration"
    );

    assert!(page.contains("8 steps, 4 epochs"), "the steps after the last row of metrics.csv are not counted");

    let looked = directory.path().join("looked.html");
    fs::write(&looked, page.replace("</body>", &format!("{LOOK}</body>"))).unwrap();
    let Some(seen) = in_chromium(&looked, directory.path()) else {
        println!("chromium is not installed here: nobody has looked at the page");
        return;
    };
    assert_eq!((&seen["before"][0], &seen["after"][0]), (&Value::from("epoch 4"), &Value::from("epoch 1")));
    assert_eq!((seen["before"].as_array().unwrap().len(), seen["after"].as_array().unwrap().len()), (1, 1));
    let charts = seen["charts"].as_array().unwrap();
    assert_eq!(charts.len(), 6, "losses, scores, gradients and weights of both: {seen}");
    assert!(charts.iter().all(|chart| chart["wide"].as_f64().unwrap() > 300.0), "{seen}");
    assert!(charts.iter().all(|chart| chart["text"].as_f64().unwrap() >= 11.0), "{seen}");
    assert!(charts.iter().all(|chart| chart["named"] == chart["curves"] && chart["named"] != 0), "{seen}");
    assert!(seen["pictures"].as_array().unwrap().iter().all(|width| width.as_u64().unwrap() > 100), "{seen}");
}

/// What the page has written down of itself in a browser without a window, and a screenshot beside it; none where there
/// is no browser.
fn in_chromium(page: &Path, directory: &Path) -> Option<Value> {
    let run = |what: &[&str]| {
        let profile = directory.join("profile");
        let output = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
            .args([
                "--disable-component-update",
                "--disable-sync",
                "--virtual-time-budget=5000",
                "--window-size=900,3000",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(what)
            .arg(format!("file://{}", page.display()))
            .output();
        output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let dom = run(&["--dump-dom"])?;
    let screenshot = directory.join("screenshot.png");
    run(&[&format!("--screenshot={}", screenshot.display())])?;
    let file = fs::File::open(screenshot).unwrap();
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let colours: std::collections::HashSet<&[u8]> = pixels.chunks(4).collect();
    assert!(colours.len() > 100, "the screenshot is blank: {} colours", colours.len());
    let seen = dom.split("data-seen=\"").nth(1).unwrap_or_else(|| panic!("the page's script has not run: {dom}"));
    let seen = seen.split('"').next().unwrap().replace("&quot;", "\"");
    Some(serde_json::from_str(&seen).unwrap())
}
