//! What small games of each kind come to, to the last bit.

use super::games::{self, GAMES};
use sha2::{Digest, Sha256};
use std::env;
use std::hint::black_box;
use std::process::Command;
use twoplayer::gemm::{KERNEL_VARIABLE, Precision, kernel};
use twoplayer::parallel;

/// What the weights of each game hash to after 12 steps, in the order of `GAMES`: with a kernel of this crate's own, of
/// which all give the same bits, and with the portable one.
const HASHES: [[&str; 2]; 5] = [
    ["c0ed49be03a31ffd", "c0ed49be03a31ffd"],
    ["ecbc4cb916388b6e", "ecbc4cb916388b6e"],
    ["9be644a470b0511a", "693af1f9a9e5cdf5"],
    ["07ddb302a43572cd", "431ac8e75a662452"],
    ["6970ea6b4c736416", "03c3ed212c3f65aa"],
];

/// What those functions of the system's hash to that have a part in these bytes. `f32` has the crate's own exponential and
/// its kin; but the cross-entropy of classes takes `ln_1p`, and normal numbers, where they are large, `exp` and `ln`.
const SYSTEM: &str = "22e336a861a42f26";

/// Set when the test runs itself with the other kernel.
const AGAIN: &str = "TWOPLAYER_BYTES_AGAIN";

/// After a change that is meant to change results, renew the values with
///
///     TWOPLAYER_RENEW=1 cargo test --release --test suite looking::bytes -- --nocapture
///
/// which prints them, and say in the commit why they changed.
#[test]
fn small_games_come_to_the_bytes_they_came_to() {
    let column = usize::from(kernel(Precision::F32).name() == "portable");
    let found = parallel::on_threads(2, || GAMES.map(|(_, game)| hash(&games::bytes(&games::played(game, 12, &[]).0))))
        .unwrap();
    let system = system();
    if env::var_os("TWOPLAYER_RENEW").is_some() {
        println!("{}: {found:#?}\nSYSTEM: {system:?}", kernel(Precision::F32).name());
    } else if system != SYSTEM {
        // Another system's mathematics: nothing is known of the bytes there.
        println!("left out: this system's ln_1p, exp or ln give other bits than those that the values were made with");
    } else {
        for (((name, _), found), expected) in GAMES.iter().zip(&found).zip(HASHES) {
            assert_eq!(found, expected[column], "{name}, kernel {}", kernel(Precision::F32).name());
        }
    }
    if column == 0 && env::var_os(AGAIN).is_none() {
        assert!(passes_again_with("portable"), "with the portable kernel; see above");
    }
}

/// Runs this test in a process of its own, since a process chooses its kernel once.
fn passes_again_with(kernel: &str) -> bool {
    let (_, module) = module_path!().split_once("::").expect("a module of the test's program");
    let test = format!("{module}::small_games_come_to_the_bytes_they_came_to");
    let mut command = Command::new(env::current_exe().expect("this program is a file"));
    let output = command.args(["--exact", &test, "--nocapture"]).env(KERNEL_VARIABLE, kernel).env(AGAIN, "1").output();
    let output = output.expect("this program runs");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}{}", String::from_utf8_lossy(&output.stderr));
    output.status.success() && said.contains("1 passed")
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn system() -> String {
    let arguments = (1..2000).map(|i| f64::from(black_box(i)) / 700.0);
    let of_each = arguments.flat_map(|x| {
        let (single, double) = ((x as f32).ln_1p(), [(-x).exp(), x.ln()]);
        single.to_le_bytes().into_iter().chain(double.into_iter().flat_map(f64::to_le_bytes)).collect::<Vec<_>>()
    });
    hash(&of_each.collect::<Vec<_>>())
}
