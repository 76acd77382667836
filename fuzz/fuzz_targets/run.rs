#![no_main]

use libfuzzer_sys::fuzz_target;
use rayon::ThreadPoolBuilder;

// What is parallel runs here: handing it to another thread would take longer than doing it.
fuzz_target!(
    init: ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().expect("no pool before this"),
    |bytes: &[u8]| twoplayer_fuzz::run::take(bytes)
);
