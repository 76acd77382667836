//! The lab's page in a browser, used as a person uses it: by eye, by keyboard, by ear.
//!
//! The panels are read from the page's navigation, so one that is added is looked at too.

use super::chromium::Chromium;
use super::client::Lab;
use serde_json::Value;
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use twoplayer::data::Digits;
use twoplayer::gan::Config;

/// A game that is quick without optimisation, on images of MNIST's size.
const GAME: &str = r#"
    name = "tiny"
    seed = 7
    training = { epochs = 1, batch_size = 8, schedule = "constant", update = "alternating", objective = "non-saturating" }
    generator.latent_dim = 8
    generator.image_shape = [28, 28]
    generator.init = "he"
    generator.layers = [
        { kind = "dense", units = 16, activation = "leaky-relu" },
        { kind = "dense", units = 784, activation = "sigmoid" },
    ]
    generator.adam = { learning_rate = 2e-3, beta1 = 0.5, beta2 = 0.99 }
    discriminator.init = "he"
    discriminator.layers = [
        { kind = "dense", units = 16, activation = "leaky-relu" },
        { kind = "dense", units = 1 },
    ]
    discriminator.adam = { learning_rate = 2e-3, beta1 = 0.5, beta2 = 0.99 }
"#;

/// What the tests ask of a page; it is there before the page's own scripts.
const HELPERS: &str = r##"
globalThis.test = {
    all: (what, within = document) => [...within.querySelectorAll(what)].filter((element) =>
        element.checkVisibility({ visibilityProperty: true }) && element.getBoundingClientRect().width > 0),
    panel: () => document.getElementById("panel"),
    panels: () => test.all("nav[aria-label=Panels] [data-panel]").map((button) => button.dataset.panel),
    crumbs: () => [...document.querySelectorAll("#crumbs li")].map((crumb) => crumb.textContent),
    heard: () => document.querySelector("[role=status]").textContent,
    alerts: () => test.all("[role=alert]").map((line) => line.innerText.trim()).filter(Boolean),
    focused: () => document.activeElement.dataset.key ?? "",
    // The pixels of a canvas, read from a copy: the page's own is not made for being read.
    pixels(canvas) {
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const context = copy.getContext("2d", { willReadFrequently: true });
        context.drawImage(canvas, 0, 0);
        return new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    },
    blank: (canvas) => test.pixels(canvas).every((pixel, at, all) => pixel === all[0]),
    pictures: (what = "canvas") => test.all(what, test.panel()).map((canvas) => test.pixels(canvas).join()).join("|"),
    // Whether nothing is asked of the lab, but for frames, and nothing has been for a moment.
    asking: 0, asked: 0,
    quiet: () => test.asking === 0 && performance.now() - test.asked > 80,
    // Whether the open panel has all that it asked the lab for.
    settled: () => test.quiet() && !/Reading .*…/.test(test.panel().textContent) &&
        test.all(".soft", test.panel()).every((one) => one.textContent !== "…"),
    // Whether the open panel shows what it has to show. What it asks one to press first is pressed, once.
    pressed: new WeakSet(),
    drawn() {
        for (const way of test.panel().querySelectorAll("[data-key='tape enter'], [data-key='to last']")) {
            if (!test.pressed.has(way)) way.click();
            test.pressed.add(way);
            return false;
        }
        if (!test.settled()) return false;
        const canvases = test.all("canvas", test.panel());
        const charts = test.all("svg", test.panel());
        const bars = test.all(".bar b, .score b", test.panel());
        const filled = (element) => getComputedStyle(element).backgroundColor !== "rgba(0, 0, 0, 0)" && element.clientHeight > 0;
        return charts.every((chart) => chart.querySelector("rect, polyline, line")?.getBoundingClientRect().width > 0) &&
            canvases.filter((canvas) => !test.blank(canvas)).length * 2 >= canvases.length &&
            (canvases.length > 0 || charts.length > 0 || bars.some(filled));
    },
    // The middle of a large canvas without a picture: it is there to be drawn on.
    paper() {
        const paper = test.all("canvas", test.panel()).find((canvas) => canvas.clientWidth > 100 && test.blank(canvas));
        if (!paper) return null;
        paper.scrollIntoView({ block: "center" });
        const box = paper.getBoundingClientRect();
        return [box.left + box.width / 2, box.top + box.height / 2, box.width / 4];
    },
    // What reaches out of the window, or out of the panel's own place.
    tooWide() {
        const inner = test.panel().getBoundingClientRect().left + test.panel().clientWidth;
        if (document.documentElement.scrollWidth <= innerWidth && test.panel().scrollWidth <= test.panel().clientWidth) return "";
        return `${document.documentElement.scrollWidth} of ${innerWidth}, ${test.panel().scrollWidth} of ${test.panel().clientWidth}: ` +
            test.all("body *").filter((element) => element.getBoundingClientRect().right > inner + 0.5)
                .map((element) => test.name(element)).slice(-8).join("; ");
    },
    name: (element) => `${element.cloneNode().outerHTML.slice(0, 120)}${element.textContent.trim().slice(0, 40)}`,
    // All that a person can use now.
    controls: () => test.all("button, a[href], input, select, textarea, summary, [tabindex='0'], [contenteditable]")
        .filter((one) => !one.matches(":disabled")),
    // Where Tab has been; true when it comes to a place for the second time.
    walked: new Set(),
    round() {
        const here = document.activeElement;
        if (here === document.body) return false;
        const before = test.walked.has(here);
        test.walked.add(here);
        return before;
    },
    // Of radio buttons with the same name Tab goes to one, and arrows lead to the others.
    unreached: () => test.controls().filter((one) => ![...test.walked].some((walked) =>
        walked === one || (one.type === "radio" && walked.type === "radio" && walked.name === one.name))).map(test.name),
    // The most animations that ran at once since `watch`.
    running: 0,
    watch() {
        test.running = Math.max(test.running, document.getAnimations().length);
        requestAnimationFrame(test.watch);
    },
};
const fetched = globalThis.fetch;
globalThis.fetch = async (path, ...more) => {
    const counts = !String(path).includes("frame");
    test.asking += counts;
    try {
        return await fetched(path, ...more);
    } finally {
        test.asking -= counts;
        if (counts) test.asked = performance.now();
    }
};
"##;

/// A lab with the tiny game, paused before its first step, and a browser, if there is one.
fn lab_and_browser() -> Option<(Lab, Chromium)> {
    let mut browser = Chromium::start()?;
    browser.prepare(HELPERS);
    browser.window(1280, 900, "light", "no-preference");
    // Stripes, closer in some images than in others.
    let pixel = |i: usize| if (i % 28 + i / 28 % 28) % (4 + i / 784 % 10) < 2 { 255 } else { 0 };
    let digits = Digits::new((0..80 * 784).map(pixel).collect(), (0..80).map(|i| i % 10).collect(), 28, 28);
    let mut config = Config::complete_from_toml(GAME).expect("the game is complete");
    config.training.steps = Some(100_000);
    config.record.log_every = 1;
    Some((Lab::of(config, digits), browser))
}

/// Opens the lab's page, and waits for its first picture.
fn open(browser: &mut Chromium, lab: &Lab) {
    browser.open(&format!("http://127.0.0.1:{}/#{}", lab.at.port, lab.at.token));
    browser.until("the first frame", "test.crumbs().length > 1 && test.drawn()");
}

/// Goes to a panel by its button.
fn show(browser: &mut Chromium, panel: &str) {
    browser.get(&format!("document.querySelector('[data-panel={panel}]').click()"));
    let is_open = format!(
        "document.querySelector('[data-panel={panel}]').getAttribute('aria-current') === 'page' && \
         test.all('h2', test.panel()).length > 0"
    );
    browser.until(panel, &is_open);
}

/// Goes to a panel, and waits until its pictures have drawn. What can be drawn on is drawn on.
fn go(browser: &mut Chromium, panel: &str) {
    show(browser, panel);
    if let Some(place) = browser.get("test.paper()").as_array() {
        let [x, y, far] = [0, 1, 2].map(|i| place[i].as_f64().expect("a place"));
        browser.drag(&[(x - far, y), (x, y - far), (x + far, y + far)]);
    }
    // A panel that is new may have nothing to show before one does something in it.
    let known = ["game", "turn", "networks", "tape", "number"].contains(&panel);
    let else_what = if known { "false" } else { "test.all('button, canvas', test.panel()).length > 0" };
    browser.until(panel, &format!("test.drawn() || {else_what}"));
    browser.until(panel, "test.quiet()");
}

/// The panels of the navigation.
fn panels(browser: &mut Chromium) -> Vec<String> {
    let panels = browser.get("test.panels()");
    let panels: Vec<_> = panels.as_array().expect("a list").iter().map(|name| name.as_str().unwrap().into()).collect();
    assert!(panels.len() >= 5, "{panels:?}");
    panels
}

/// Waits until the engine is where it should be, and gives its `at`.
fn engine(lab: &Lab, what: &str, is_there: impl Fn(&Value) -> bool) -> Value {
    let mut frame = Value::Null;
    for _ in 0..200 {
        let (status, body) = lab.at.get(&format!("/api/frame?after={}", frame["number"].as_u64().unwrap_or(0)));
        // 204: nothing happens any more.
        assert_eq!(status, 200, "{what}: the engine stays at {}", frame["at"]);
        frame = serde_json::from_slice(&body).expect("JSON");
        if is_there(&frame["at"]) {
            return frame["at"].take();
        }
    }
    panic!("{what}: the engine is at {}", frame["at"]);
}

/// Presses Tab until the focus is on what has such a key.
fn tab_to(browser: &mut Chromium, key: &str) {
    for _ in 0..300 {
        browser.press("Tab");
        if browser.get("test.focused()").as_str().is_some_and(|focused| focused.starts_with(key)) {
            return;
        }
    }
    panic!("Tab never came to {key:?}");
}

/// Nothing went wrong, and nobody else was asked for anything.
fn assert_quiet(browser: &mut Chromium, lab: &Lab, what: &str) {
    let seen = std::mem::take(&mut browser.seen);
    let troubles = [&seen.console[..], &seen.exceptions, &seen.log].concat();
    assert!(troubles.is_empty(), "{what}: {troubles:#?}");
    assert_eq!(seen.hosts.into_iter().collect::<Vec<_>>(), [format!("127.0.0.1:{}", lab.at.port)], "{what}");
}

#[test]
fn every_panel_draws_its_pictures_wide_and_narrow_light_and_dark() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    for (width, height) in [(1280, 900), (360, 740)] {
        for scheme in ["light", "dark"] {
            let what = format!("{scheme}, {width} pixels wide");
            lab.go_to(2);
            browser.window(width, height, scheme, "no-preference");
            open(&mut browser, &lab);
            for panel in panels(&mut browser) {
                go(&mut browser, &panel);
                assert_eq!(browser.get("test.tooWide()"), "", "{panel}, {what}");
            }
            assert_quiet(&mut browser, &lab, &what);
        }
    }
}

#[test]
fn the_keys_do_what_they_say_and_lead_to_a_number() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    open(&mut browser, &lab);
    let before = browser.get("test.pictures('.fakes canvas')");
    browser.press("s");
    browser.until("a step", "test.crumbs().includes('step 1')");
    browser.until("other pictures", &format!("test.pictures('.fakes canvas') !== {before}"));

    browser.press(".");
    let at = engine(&lab, "an operation", |at| at["moment"]["kind"] == "operation");
    browser.until("the operation", &format!("test.crumbs().at(-1) === {}", at["moment"]["formula"]));
    let shortcut = browser.get("document.querySelector('[data-panel=tape]').getAttribute('aria-keyshortcuts')");
    browser.press(shortcut.as_str().expect("a shortcut"));
    let listed =
        format!("test.all('tr.now [data-key=\"node {}\"]').length === 1 && test.settled()", at["moment"]["node"]);
    browser.until("the operation on the tape", &listed);

    browser.press("p");
    let at = engine(&lab, "a phase", |at| at["moment"]["kind"] == "phase");
    let edge = if at["moment"]["edge"] == "ends" { "has ended" } else { "is about to begin" };
    browser.until("the phase in words", &format!("test.heard().includes('{edge}')"));
    browser.press("t");
    let ended = |at: &Value, network: &str| {
        let moment = &at["moment"];
        (&moment["network"], &moment["phase"], &moment["edge"]) == (&network.into(), &"update".into(), &"ends".into())
    };
    engine(&lab, "the end of D's turn", |at| ended(at, "discriminator"));
    browser.until("D's turn is done", "test.all('footer .turn.D li.done').length === 3");
    assert_eq!(browser.get("test.all('footer .turn.G li.done').length"), 0);

    browser.press("b");
    engine(&lab, "the step's beginning", |at| at["step"] == 1 && at["moment"]["kind"] == "step");
    browser.until("the step's beginning", "test.all('footer .turn li.done').length === 0");
    browser.press("b");
    engine(&lab, "a step back", |at| at["step"] == 0);
    browser.until("a step back", "test.crumbs().includes('step 0')");
    browser.press("1");
    browser.until("the pictures of before", &format!("test.pictures('.fakes canvas') === {before}"));

    browser.press(" ");
    engine(&lab, "play", |at| at["playing"] == true && at["step"].as_u64() > Some(2));
    // The page shows it a moment later; before that, the key would say "play" once more.
    browser.until(
        "that it plays",
        "[...document.querySelectorAll('#foot button')].some(one => /pause/.test(one.textContent))",
    );
    browser.press(" ");
    engine(&lab, "pause", |at| at["playing"] == false);
    browser.until("pause", "/play/.test(test.all('footer .play')[0].innerText)");

    // From an operation to one of its numbers, without a mouse.
    browser.press(".");
    let at = engine(&lab, "an operation", |at| at["moment"]["kind"] == "operation");
    browser.press(shortcut.as_str().expect("a shortcut"));
    browser.until("the tape", "test.all('tr.now').length === 1 && test.settled()");
    tab_to(&mut browser, &format!("node {}", at["moment"]["node"]));
    browser.press("Enter");
    browser.until("a node", "test.all('.detail canvas').some((canvas) => !test.blank(canvas))");
    tab_to(&mut browser, "place");
    let place = browser.get("document.activeElement.placeholder");
    place.as_str().expect("an example").chars().for_each(|sign| browser.press(&sign.to_string()));
    browser.press("Enter");
    browser.until(
        "the number's panel",
        "test.panel().className === 'on-number' && test.crumbs().at(-1).startsWith('node')",
    );
    let shown = browser.get("Number(test.all('.value')[0].innerText.replace('−', '-'))");
    let (_, number) = lab.at.get(&format!("/api/number?index={}&element=0", at["moment"]["node"]));
    let number: Value = serde_json::from_slice(&number).expect("JSON");
    let (shown, value) = (shown.as_f64().expect("a number"), number["value"].as_f64().expect("a number"));
    assert!((shown - value).abs() <= 1e-6 + value.abs() * 1e-3, "{shown} is shown, and is {value}");

    browser.press("?");
    browser.until("help", "document.querySelector('dialog').open");
    browser.press("Escape");
    browser.until("the end of help", "!document.querySelector('dialog').open");
    assert_quiet(&mut browser, &lab, "by keyboard");
}

#[test]
fn tab_reaches_every_control() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    lab.go_to(2);
    open(&mut browser, &lab);
    for panel in panels(&mut browser) {
        go(&mut browser, &panel);
        if panel == "tape" {
            browser.get("test.all('[data-key^=\"node \"]').at(-1).click()");
            browser.until("a node", "test.all('.detail canvas').length > 0");
        }
        // What is folded up can be used too.
        browser.get("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
        browser.get("test.walked.clear()");
        let controls = browser.get("test.controls().length").as_u64().expect("a number");
        assert!(controls > 20, "{panel}: only {controls} controls");
        let mut steps = 0;
        while steps < controls * 2 + 20 && browser.get("test.round()") == false {
            browser.press("Tab");
            steps += 1;
        }
        assert_eq!(
            browser.get("test.unreached()").as_array().expect("a list"),
            &[] as &[Value],
            "{panel}: {steps} steps"
        );
    }
}

/// Presses what has such a key, wherever it is.
fn click(browser: &mut Chromium, key: &str) {
    let one = format!("document.querySelector('[data-key=\"{key}\"]')");
    browser.until(key, &format!("{one} && !{one}.disabled"));
    browser.get(&format!("{one}.click()"));
}

#[test]
fn the_tour_asks_and_the_program_answers() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    lab.go_to(2);
    open(&mut browser, &lab);
    let tour = "document.getElementById('tour').innerText";
    browser.until("the offer", &format!("{tour}.includes('New here?') && test.all('#tour canvas').length === 16"));
    click(&mut browser, "tour next");
    browser.until("the first stop", &format!("{tour}.includes('1 of 6') && test.panel().className === 'on-easel'"));
    browser.press("n");
    for _ in 0..10 {
        browser.press("r");
        browser.until("what it is", &format!("/You are (right|wrong): it is/.test({tour})"));
        browser.press("n");
    }
    for (stop, answer) in [("2 of 6", "answer down"), ("3 of 6", "answer up")] {
        click(&mut browser, "tour next");
        browser.until(stop, &format!("{tour}.includes('{stop}') && test.panel().className === 'on-turn'"));
        if stop == "2 of 6" {
            browser.until("the beginning", "test.crumbs().includes('step 0')");
        }
        assert_eq!(browser.get("test.all('.strip.eight', test.panel()).length"), 0, "{stop}: the answer is not shown");
        click(&mut browser, answer);
        browser.until("an answer", &format!("/✓ Right|✗ Not so/.test({tour})"));
        // What it says is what the engine has.
        let turn: Value = serde_json::from_slice(&lab.at.get("/api/turn").1).expect("JSON");
        let (turn, before, after) = match stop {
            "2 of 6" => (&turn["discriminator"], "fake_before", "fake_after"),
            _ => (&turn["generator"], "logits_before", "logits_after"),
        };
        let mean = |list: &Value| {
            let logits: Vec<f64> = list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
            logits.iter().map(|x| 1.0 / (1.0 + (-x).exp())).sum::<f64>() / logits.len() as f64
        };
        let said = format!("from {:.3} to {:.3}", mean(&turn[before]), mean(&turn[after]));
        assert_eq!(browser.get(&format!("{tour}.includes({said:?})")), true, "{stop}: {said}");
    }
    click(&mut browser, "tour leave");
    browser.until("the end", "document.getElementById('tour').hidden");
    assert_quiet(&mut browser, &lab, "the tour");
}

#[test]
fn what_is_changed_by_hand_is_seen() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    lab.go_to(3);
    open(&mut browser, &lab);
    click(&mut browser, "tour leave");
    click(&mut browser, "fork");
    browser.until("the game beside", "test.all('.strip.fakes', test.panel()).length === 2");
    let same = "(([a, b]) => ['canvas'].every((what) => [...a.querySelectorAll(what)].map((one) => test.pixels(one).join()).join('|') === \
                [...b.querySelectorAll(what)].map((one) => test.pixels(one).join()).join('|')))(test.all('.strip.fakes', test.panel()))";
    assert_eq!(browser.get(same), true, "both games still draw the same");
    go(&mut browser, "networks");
    click(&mut browser, "unit generator.0");
    click(&mut browser, "mute");
    browser.until("that it was edited", "test.crumbs()[0].includes('edited')");
    // To a moment within a step, by its address; and a number there is moved.
    let token = lab.at.token.clone();
    browser.get(&format!("location.hash = '#{token}&panel=tape&step=3&event=9'"));
    let at = engine(&lab, "the moment of the address", |at| at["event"] == 9 && at["step"] == 3);
    assert_ne!(at["moment"]["kind"], "step");
    let ended = |at: &Value| at["moment"]["phase"] == "backward" && at["moment"]["edge"] == "ends";
    while !ended(&lab.do_and_see(r#"{"do":"phase"}"#)["at"]) {}
    browser.until(
        "the tape",
        "test.all('[data-key^=\"node \"]').length > 0 || test.all('[data-key^=\"group \"]').length > 0",
    );
    browser.get("test.all('[data-key^=\"group \"]').forEach((one) => one.click())");
    browser.until("a parameter", "test.all('[data-key^=\"node \"]').some((one) => one.textContent.includes('weight'))");
    browser.get("test.all('[data-key^=\"node \"]').find((one) => one.textContent.includes('weight')).click()");
    browser.until("its numbers", "document.querySelector('.detail canvas.large') !== null && test.quiet()");
    browser.get("document.querySelector('.detail canvas.large').click()");
    browser.until("the number", "test.panel().className === 'on-number' && test.quiet()");
    click(&mut browser, "nudge guess fall");
    click(&mut browser, "nudge");
    browser.until("both changes", "/measured/.test(test.panel().innerText) && test.quiet()");
    assert_eq!(browser.get("test.alerts().length"), 0);
}

#[test]
fn a_step_is_told_and_nothing_moves_for_who_wants_no_motion() {
    let Some((lab, mut browser)) = lab_and_browser() else { return };
    browser.window(1280, 900, "light", "reduce");
    open(&mut browser, &lab);
    browser.get("test.watch()");
    for step in 1..3 {
        browser.press("s");
        browser.until("a step is told", &format!("/\\b{step}\\b.*\\w/.test(test.heard())"));
    }
    for panel in panels(&mut browser) {
        show(&mut browser, &panel);
        for key in [".", "p", "t"] {
            let before = browser.get("test.heard()");
            browser.press(key);
            browser.until(&format!("{key} is told"), &format!("test.heard() !== {before} && test.settled()"));
        }
    }
    assert_eq!(browser.get("test.running"), 0, "animations");
    assert_quiet(&mut browser, &lab, "without motion");
}

#[test]
fn a_wrong_token_and_the_end_of_the_lab_are_told_in_one_line() {
    let Some((mut lab, mut browser)) = lab_and_browser() else { return };
    let one_line = |browser: &mut Chromium, about: &str| {
        browser.until(about, &format!("test.alerts().some((line) => line.includes({about:?}))"));
        let lines = browser.get("test.alerts()");
        let lines = lines.as_array().expect("a list");
        assert!(lines.len() == 1 && !lines[0].as_str().unwrap().contains('\n'), "{lines:?}");
        let seen = std::mem::take(&mut browser.seen);
        assert!(seen.exceptions.is_empty() && seen.console.is_empty(), "{about}: {seen:?}");
    };
    browser.open(&format!("http://127.0.0.1:{}/#wrong", lab.at.port));
    one_line(&mut browser, "token");

    // Another test's lab may get the port of one that has ended: this one keeps it, and hangs up on everybody.
    let kept = loop {
        open(&mut browser, &lab);
        let port = lab.at.port;
        drop(lab);
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(kept) => break kept,
            Err(_) => lab = lab_and_browser().expect("there was a browser").0,
        }
    };
    thread::spawn(move || kept.incoming().for_each(drop));
    one_line(&mut browser, "does not answer");
    // Who tries to go on all the same is not told twice.
    browser.press("s");
    browser.until("an answer", "!document.body.classList.contains('waiting')");
    one_line(&mut browser, "does not answer");
}
