//! Hashes as people and files write them.

use sha2::{Digest, Sha256};

/// What a hash comes to, in lower-case hexadecimal.
pub fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
