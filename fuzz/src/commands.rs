//! Commands of the lab's page: whatever the bytes, a command or one line that says why not.

use twoplayer::lab::Command;

pub fn take(bytes: &[u8]) {
    if let Err(said) = Command::read(bytes) {
        assert!(!said.is_empty() && !said.contains('\n'), "{said:?}");
    }
}
