//! What a person may take away.

use super::look::json;
use super::refusal::{Answer, Refusal};
use crate::gan::Session;
use crate::run::npy_bytes;

/// The names and shapes of all arrays that training changes: weights, averages, moments.
pub fn arrays(session: &Session) -> Answer {
    let arrays = session.arrays();
    json(&arrays.iter().map(|array| (&*array.name, array.value.shape())).collect::<Vec<_>>())
}

/// One of them, as a file of NumPy's.
pub fn array(session: &Session, name: &str) -> Answer {
    let arrays = session.arrays();
    let found = arrays.iter().find(|array| *array.name == *name);
    let found = found.ok_or_else(|| Refusal { status: 404, message: "there is no array of this name".into() })?;
    let values = found.value.as_slice().expect("arrays of networks are contiguous");
    Ok(npy_bytes(found.value.shape(), values))
}
