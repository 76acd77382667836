//! Command lines, an argument to a line of the input: whatever they say, they are taken or refused.

use std::ffi::OsString;
use std::iter::once;
use std::os::unix::ffi::OsStringExt;
use twoplayer::cli::check;

pub fn take(bytes: &[u8]) {
    let arguments = bytes.split(|&byte| byte == b'\n').map(|argument| OsString::from_vec(argument.into()));
    if let Err(error) = check::arguments(once("twoplayer".into()).chain(arguments)) {
        assert!(!error.to_string().is_empty());
    }
}
