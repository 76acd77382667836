//! The house stands: a file uses its own floor and those below, never one above, and no files use each other in a
//! circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `src/` and the floor each lives on.
const FLOORS: [(&str, u32); 12] = [
    ("gemm", 1),
    ("parallel", 1),
    ("random", 1),
    ("data", 1),
    ("autodiff", 2),
    ("nn", 3),
    ("gan", 4),
    ("recognizer", 4),
    ("metrics", 5),
    ("run", 5),
    ("lab", 6),
    ("cli", 7),
];

fn floor(module: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn sources(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// The modules named after `crate::` in a text, whether alone or in braces.
fn used_modules(text: &str) -> Vec<&str> {
    let after = text.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(list) => list.split('}').next().unwrap_or("").split(',').collect(),
        None => vec![rest],
    });
    after.map(|name| name.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("")).collect()
}

#[test]
fn no_floor_uses_one_above() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    for file in sources(&root) {
        let place = file.strip_prefix(&root).unwrap();
        let own = place.components().next().unwrap().as_os_str().to_string_lossy();
        let Some(own_floor) = floor(own.trim_end_matches(".rs")) else {
            assert!(
                matches!(&*own, "lib.rs" | "main.rs"),
                "src/{own} has no floor: give it one in this test and in CONTRIBUTING.md"
            );
            continue;
        };
        for module in used_modules(&fs::read_to_string(&file).unwrap()) {
            if let Some(used_floor) = floor(module) {
                assert!(
                    used_floor <= own_floor,
                    "src/{}: floor {own_floor} uses crate::{module} of floor {used_floor}",
                    place.display()
                );
                checked += 1;
            }
        }
    }
    assert!(checked > 50, "only {checked} uses found: does this test still read the code?");
}

#[test]
fn it_would_notice() {
    assert_eq!(used_modules("use crate::nn::Adam;\nuse crate::{gan::Config, run};"), ["nn", "gan", "run"]);
    assert!(floor("gan") > floor("nn") && floor("cli") > floor("run"));
}

/// A path of modules and, last, perhaps an item: `["gemm", "tile", "Tile"]`, from the crate's root.
type Names = Vec<String>;

/// What a `use` brings into a file.
struct Import {
    names: Names,
    /// What it is called here.
    name: String,
    /// Whether others may take it from here.
    is_public: bool,
}

/// What a file uses and passes on.
struct File {
    module: Names,
    imports: Vec<Import>,
    /// The code without comments, the tests at its end, and `use`.
    code: String,
}

fn is_of_a_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The names joined by `::` with which a text begins.
fn leading_path(text: &str) -> Names {
    let end = text.find(|c| !is_of_a_name(c) && c != ':').unwrap_or(text.len());
    text[..end].split("::").take_while(|name| !name.is_empty() && !name.contains(':')).map(str::to_owned).collect()
}

/// The paths in a tree such as `a::{b, c::d as e}`, each with the name it gets.
fn tree(text: &str) -> Vec<(Names, String)> {
    let text = text.trim();
    let Some((before, list)) = text.split_once('{') else {
        let (path, name) = text.split_once(" as ").unwrap_or((text, text));
        let names: Names = path.split("::").map(|name| name.trim().to_owned()).collect();
        let name = name.rsplit("::").next().unwrap_or("").trim().to_owned();
        return vec![(names, name)];
    };
    let before: Names = before.split("::").map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    let list = &list[..list.rfind('}').unwrap_or(list.len())];
    let mut depth = 0;
    let parts = list.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty()).flat_map(tree);
    let whole = |(names, name): (Names, String)| match names[0] == "self" && names.len() == 1 {
        true => (before.clone(), if name == "self" { before.last().cloned().unwrap_or_default() } else { name }),
        false => (before.iter().cloned().chain(names).collect(), name),
    };
    parts.map(whole).collect()
}

/// A path as it is written in a module, from the crate's root; nothing if it leads to another crate.
fn from_the_root(mut names: Names, module: &[String], modules: &BTreeMap<Names, String>) -> Option<Names> {
    let mut start = module.to_vec();
    match names.first()?.as_str() {
        "crate" => start.clear(),
        "self" => (),
        "super" => {
            while names.first().is_some_and(|name| name == "super") {
                names.remove(0);
                start.pop();
            }
            return Some([start, names].concat());
        }
        _ => {
            let child = [module, &names[..1]].concat();
            return modules.contains_key(&child).then(|| [module, &names].concat());
        }
    }
    Some([start, names.split_off(1)].concat())
}

/// Reads a file. Tests at its end may use what they like.
fn file(module: Names, text: &str, modules: &BTreeMap<Names, String>) -> File {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or("");
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or(""));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let (mut imports, mut code) = (Vec::new(), String::new());
    // A statement ends with a semicolon; a `use` begins where the one before it ends, or a block or an attribute.
    for statement in text.split_inclusive(';') {
        let at = statement.match_indices("use ").map(|(at, _)| at).find(|&at| {
            let before = statement[..at].trim_end();
            let before = before.strip_suffix(')').and_then(|b| b.rfind("pub(").map(|at| &b[..at])).unwrap_or(before);
            let before = before.strip_suffix("pub").unwrap_or(before).trim_end();
            before.is_empty() || before.ends_with(['{', '}', ']', ';'])
        });
        let Some(at) = at else {
            code.push_str(statement);
            continue;
        };
        code.push_str(&statement[..at]);
        let is_public =
            statement[..at].rsplit(['{', '}', ']', ';']).next().is_some_and(|before| before.contains("pub"));
        for (names, name) in tree(statement[at + 4..].trim_end_matches(';')) {
            let names = from_the_root(names, &module, modules);
            imports.extend(names.map(|names| Import { names, name, is_public }));
        }
    }
    File { module, imports, code }
}

/// The file in which what a path leads to is written: past the modules that only pass it on.
fn home(names: &[String], modules: &BTreeMap<Names, String>, files: &BTreeMap<String, File>) -> Option<String> {
    let depth = (0..=names.len()).rev().find(|&depth| modules.contains_key(&names[..depth]))?;
    let place = &modules[&names[..depth]];
    let name = names.get(depth)?; // a module: what is used of it says more
    let passed_on = files[place].imports.iter().find(|import| import.is_public && import.name == *name);
    match passed_on {
        Some(import) if import.names != names => home(&import.names, modules, files).or(Some(place.clone())),
        _ => Some(place.clone()),
    }
}

/// The paths in a file's code that lead through a module: from the root.
fn paths_in_code(file: &File, modules: &BTreeMap<Names, String>) -> Vec<Names> {
    let starts = file.code.match_indices("::").filter_map(|(at, _)| {
        let start = file.code[..at].rfind(|c| !is_of_a_name(c)).map_or(0, |before| before + 1);
        (!file.code[..start].ends_with("::")).then(|| leading_path(&file.code[start..]))
    });
    let paths = starts.filter(|names| names.len() > 1).filter_map(|names| {
        let imported = file.imports.iter().find(|import| import.name == names[0]);
        match imported {
            Some(import) => Some([&import.names, &names[1..]].concat()),
            None => from_the_root(names, &file.module, modules),
        }
    });
    paths.collect()
}

fn mentions(code: &str, name: &str) -> bool {
    let ends = |at: usize| !code[at + name.len()..].starts_with(is_of_a_name) && !code[..at].ends_with(is_of_a_name);
    code.match_indices(name).any(|(at, _)| ends(at))
}

/// Which files each file uses, by their places in `src`.
fn uses(texts: &BTreeMap<String, String>) -> BTreeMap<String, BTreeSet<String>> {
    let module = |place: &str| -> Names {
        let names = place.trim_end_matches(".rs").split('/').filter(|name| !matches!(*name, "mod" | "lib"));
        names.map(str::to_owned).collect()
    };
    let modules: BTreeMap<Names, String> = texts.keys().map(|place| (module(place), place.clone())).collect();
    let read = |(place, text): (&String, &String)| (place.clone(), file(module(place), text, &modules));
    let files: BTreeMap<String, File> = texts.iter().map(read).collect();
    let of_file = |(place, file): (&String, &File)| {
        // What is passed on is used only if the code speaks of it.
        let imports = file.imports.iter().filter(|import| !import.is_public || mentions(&file.code, &import.name));
        let paths = imports.map(|import| import.names.clone()).chain(paths_in_code(file, &modules));
        let used: BTreeSet<_> = paths.filter_map(|names| home(&names, &modules, &files)).collect();
        (place.clone(), used.into_iter().filter(|used| used != place).collect())
    };
    files.iter().map(of_file).collect()
}

/// The circles: sets of files each of which leads to each.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<BTreeSet<String>> {
    let reached = |from: &String| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(next) = open.pop() {
            open.extend(uses[next].iter().filter(|used| reached.insert((*used).clone())));
        }
        reached
    };
    let reached: BTreeMap<_, _> = uses.keys().map(|from| (from, reached(from))).collect();
    let circle = |from: &String| -> BTreeSet<String> {
        reached[from].iter().filter(|to| reached[to].contains(from)).cloned().collect()
    };
    uses.keys().map(circle).filter(|circle| !circle.is_empty()).collect()
}

/// The files of `src/` that belong to the library, by their places in it.
fn library() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let place = |file: &Path| file.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
    let files = sources(&root).into_iter().map(|file| (place(&file), fs::read_to_string(&file).unwrap()));
    files.filter(|(place, _)| place != "main.rs").collect()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let uses = uses(&library());
    let count: usize = uses.values().map(BTreeSet::len).sum();
    assert!(count > 500, "only {count} uses found: does this test still read the code?");
    let circles = circles(&uses);
    let within = |circle: &BTreeSet<String>| {
        let used = |file: &String| uses[file].intersection(circle).cloned().collect::<Vec<_>>().join(", ");
        circle.iter().map(|file| format!("  {file} uses {}", used(file))).collect::<Vec<_>>().join("\n")
    };
    let all: Vec<_> = circles.iter().map(within).collect();
    assert!(circles.is_empty(), "files that use each other:\n{}", all.join("\n\n"));
}

#[test]
fn a_circle_would_be_noticed() {
    let circles_of = |files: &[(&str, &str)]| {
        let texts = files.iter().map(|(place, text)| ((*place).to_owned(), (*text).to_owned()));
        circles(&uses(&texts.collect())).into_iter().map(|circle| circle.into_iter().collect()).collect::<Vec<Vec<_>>>()
    };
    let both = [["a.rs".to_owned(), "b.rs".to_owned()]];
    assert_eq!(circles_of(&[("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B; fn f() { crate::a::g(); }")]), both);
    assert_eq!(circles_of(&[("a.rs", "use super::b;\nfn f() { b::g() }"), ("b.rs", "use crate::{a::f};")]), both);
    assert!(
        circles_of(&[("a.rs", "use crate::b::B; // crate::a"), ("b.rs", "/// See crate::a::A.\npub struct B;")])
            .is_empty()
    );
    // What a module passes on is its child's.
    let (passes_on, child) =
        (("m/mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::{B, C as D};"), ("m/a.rs", "pub struct A;"));
    assert!(circles_of(&[passes_on, child, ("m/b.rs", "use super::A;\npub struct B(A);")]).is_empty());
    let circle = circles_of(&[passes_on, ("m/a.rs", "pub struct A(super::D);"), ("m/b.rs", "use crate::m::A;")]);
    assert_eq!(circle, [["m/a.rs".to_owned(), "m/b.rs".to_owned()]]);
    // What it has of its own is its own.
    let circle = circles_of(&[("m/mod.rs", "pub use a::A;\npub fn f(a: A) {}"), ("m/a.rs", "use super::f;")]);
    assert_eq!(circle, [["m/a.rs".to_owned(), "m/mod.rs".to_owned()]]);
    let files = [("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
    assert_eq!(circles_of(&files)[0].len(), 3);
}

/// The links of a text that lead to a line: what they are called, the file, and the line's number.
fn lines_led_to(text: &str) -> Vec<(&str, &str, usize)> {
    let links = text.split("[`").skip(1).filter_map(|link| {
        let (name, target) = link.split_once("`](")?;
        let (file, number) = target.split_once(')')?.0.split_once("#L")?;
        Some((name, file, number.parse().unwrap()))
    });
    links.collect()
}

#[test]
fn links_lead_to_the_lines_that_they_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    let links = lines_led_to(&text);
    assert!(links.len() > 10, "only {} links found", links.len());
    for (name, file, number) in links {
        let code = fs::read_to_string(root.join(file)).unwrap();
        let line = code.lines().nth(number - 1).unwrap_or("");
        let own = name.rsplit("::").next().unwrap();
        let place = code.lines().position(|line| line.contains(&format!(" {own}"))).map_or(0, |line| line + 1);
        assert!(line.contains(own), "README.md: {name} is not in line {number} of {file}; perhaps in {place}");
    }
}

#[test]
fn a_link_to_a_line_is_read() {
    assert_eq!(lines_led_to("see [`Tape::new`](src/tape.rs#L12), [`x`](y.rs)"), [("Tape::new", "src/tape.rs", 12)]);
}
