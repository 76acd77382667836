//! Pictures of several digits: divided, read line by line, and what is no digit said to be none.

use crate::common::scenes::{Look, Scene, scenes, written};
use crate::common::{refuses, text, twoplayer};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use twoplayer::data::{Digits, Grey, Split};
use twoplayer::recognizer::{CalibratedRecognizer, SIDE, figures, mnist_form};
use twoplayer::run::{Picture, pretrained_reader};

/// What is read in a picture: in each line the digits, `?` for what is none.
fn read(reader: &CalibratedRecognizer, picture: &Grey) -> Vec<String> {
    let Ok(figures) = figures(picture) else { return Vec::new() };
    let readings = reader.read(&figures.iter().flat_map(|figure| figure.form).collect::<Vec<u8>>());
    let mut lines = vec![String::new(); figures.last().map_or(0, |figure| figure.line + 1)];
    for (figure, reading) in figures.iter().zip(readings) {
        let sign = if reading.is_a_digit() { char::from(b'0' + reading.ranking()[0]) } else { '?' };
        lines[figure.line].push(sign);
    }
    lines
}

fn grey(picture: &Grey) -> Picture {
    Picture::new([picture.height(), picture.width(), 1], picture.levels().to_vec())
}

/// How many signs of two readings are the same, line by line.
fn agree(found: &[String], wanted: &[&str]) -> usize {
    let pairs = found.iter().zip(wanted).filter(|(found, wanted)| found.len() == wanted.len());
    pairs.flat_map(|(found, wanted)| found.chars().zip(wanted.chars())).filter(|(a, b)| a == b).count()
}

/// With TWOPLAYER_PICTURES=DIR, the pictures are left in that folder for a person to look at.
#[test]
fn scenes_of_many_kinds_are_read() {
    let reader = pretrained_reader();
    let scenes = scenes();
    assert!(scenes.len() >= 40);
    let folder = std::env::var_os("TWOPLAYER_PICTURES").map(PathBuf::from);
    let (mut right, mut all, mut wrong) = (0, 0, Vec::new());
    for (i, Scene { name, picture, lines }) in scenes.iter().enumerate() {
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).unwrap();
            grey(picture).write_png(&folder.join(format!("{i:02} {name}.png"))).unwrap();
        }
        let found = read(&reader, picture);
        right += agree(&found, lines);
        all += lines.iter().map(|line| line.len()).sum::<usize>();
        let counts = |lines: &[&str]| lines.iter().map(|line| line.len()).collect::<Vec<_>>();
        let found: Vec<&str> = found.iter().map(String::as_str).collect();
        if found != *lines {
            println!("{name}: {found:?}, not {lines:?}");
        }
        if counts(&found) != counts(lines) {
            wrong.push(format!("{name}: {found:?}, not {lines:?}"));
        }
    }
    println!("{right} of {all} are right");
    assert!(wrong.is_empty(), "divided otherwise than a person would: {wrong:#?}");
    assert!(right as f64 >= 0.95 * all as f64, "{right} of {all}");
}

#[test]
fn one_digit_is_one_figure_and_has_the_form_that_it_had() {
    let test =
        Digits::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/mnist"), Split::Test).unwrap().first(2000);
    let mut divided = 0;
    for i in 0..test.len() {
        let picture = Grey::new(SIDE, SIDE, test.image(i).to_vec());
        let (figures, form) = (figures(&picture).unwrap(), mnist_form(&picture).unwrap());
        divided += usize::from(figures.len() != 1);
        assert!(figures.len() != 1 || figures[0].form == form, "test digit {i}");
    }
    assert!(divided <= 6, "{divided} of {} are taken for several", test.len());
}

#[test]
fn boxes_stand_where_the_digits_do() {
    let look = Look { size: [300, 400], start: [60.0, 40.0], tall: 90.0, pen: 0.04, leading: 1.8, ..Look::default() };
    let figures = figures(&written(&["80", "3"], &look)).unwrap();
    assert_eq!(figures.iter().map(|figure| figure.line).collect::<Vec<_>>(), [0, 0, 1]);
    let lefts = [60, 60 + 78, 60];
    for (figure, (left, top)) in figures.iter().zip(lefts.into_iter().zip([40, 40, 202])) {
        let place = figure.place;
        assert!(place.left.abs_diff(left) <= 14 && place.top.abs_diff(top) <= 12, "{place:?}");
        assert!(place.width.abs_diff(58) <= 14 && place.height.abs_diff(96) <= 14, "{place:?}");
    }
}

/// Either as wide as several, or like no digit.
#[test]
fn digits_that_touch_are_uncertain() {
    let reader = pretrained_reader();
    let look = Look { gap: -0.25, ..Look::default() };
    for digits in ["37", "80", "456"] {
        let figures = figures(&written(&[digits], &look)).unwrap();
        let readings = reader.read(&figures.iter().flat_map(|figure| figure.form).collect::<Vec<u8>>());
        let doubts = figures.iter().zip(readings).filter(|(figure, reading)| figure.is_wide || !reading.is_a_digit());
        assert!(figures.len() < digits.len() && doubts.count() > 0, "{digits} is taken for {}", figures.len());
    }
    let apart = figures(&written(&["37"], &Look::default())).unwrap();
    assert!(apart.len() == 2 && !apart.iter().any(|figure| figure.is_wide));
}

fn json(arguments: &[&str]) -> Vec<Value> {
    let answer = twoplayer(&[&["recognize", "--json"], arguments].concat());
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    answer.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn grids_that_the_program_draws_are_read_back() {
    let directory = TempDir::new().unwrap();
    let grid = directory.path().join("grid.png");
    assert_eq!(twoplayer(&["sample", "--digit", "each", "-o", text(&grid)]).code, 0);
    let answers = json(&[text(&grid)]);
    assert_eq!(answers.len(), 100);
    let right = answers.iter().filter(|answer| answer["digit"] == answer["line"].as_u64().unwrap() - 1).count();
    assert!(right >= 99, "{right}");
    assert_eq!(answers[1]["box"].as_array().unwrap().len(), 4);
}

#[test]
fn recognize_says_what_is_no_digit_and_marks_what_it_read() {
    let directory = TempDir::new().unwrap();
    let at = |name: &str| directory.path().join(name);
    let (mixed, marked) = (at("mixed.png"), at("marked.png"));
    grey(&written(&["7E3"], &Look { tall: 90.0, ..Look::default() })).write_png(&mixed).unwrap();
    let answers = json(&[text(&mixed), "--draw", text(&marked)]);
    let digits: Vec<_> = answers.iter().map(|answer| answer.get("digit").and_then(Value::as_u64)).collect();
    assert_eq!(digits, [Some(7), None, Some(3)], "{answers:?}");
    assert!(answers[1]["distance"].as_f64() > answers[1]["limit"].as_f64());
    assert!(answers[1]["reason"].as_str().unwrap().contains("no digit"));
    let answer = twoplayer(&["recognize", text(&mixed)]);
    assert!(answer.stdout.starts_with(&format!("{}  line 1: 7 ? 3\n", mixed.display())), "{}", answer.stdout);

    let drawn = Picture::read_png(&marked).unwrap();
    let colours = |colour: [u8; 3]| drawn.pixels().chunks(3).filter(|pixel| **pixel == colour).count();
    assert!(colours([40, 170, 60]) > 500 && colours([220, 40, 40]) > 300);
    refuses(&["recognize", text(&mixed), "--draw", text(&mixed)], 2, &["--draw", "is read"]);
    refuses(&["recognize", text(&mixed), text(&mixed), "--draw", text(&marked)], 2, &["--draw", "one picture"]);
    refuses(&["recognize", text(directory.path()), "--draw", text(&marked)], 2, &["--draw", "one picture"]);
}

#[test]
fn jpeg_files_of_every_kind_are_read_upright() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/jpeg");
    let reader = pretrained_reader();
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 13);
    for file in &files {
        assert_eq!(read(&reader, &Grey::read(file).unwrap()), ["2475"], "{}", file.display());
    }
    assert_eq!(json(&[text(&folder)]).len(), 4 * 13, "a folder's JPEG files");

    let directory = TempDir::new().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = directory.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let whole = fs::read(&files[0]).unwrap();
    for length in (3..whole.len() - 2).step_by(37) {
        let path = at("short.jpg", &whole[..length]);
        assert!(Grey::read(&path).is_err(), "{length} of {} bytes", whole.len());
    }
    refuses(&["recognize", text(&at("short.jpg", &whole[..whole.len() / 2]))], 1, &["short.jpg", "cut short"]);
    refuses(&["recognize", text(&at("no.jpg", b"\xff\xd8\xff\xe0 and so on"))], 1, &["no.jpg", "JPEG"]);
    // 65,500 × 65,500 pixels, announced and not there.
    let frame = whole.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    let mut vast = whole.clone();
    vast[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    refuses(&["recognize", text(&at("vast.jpg", &vast))], 1, &["vast.jpg", "64 megapixels"]);
}
