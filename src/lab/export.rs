//! What a person may take away.

use super::look::json;
use super::refusal::{Answer, Refusal};
use crate::gan::{Scores, Session};
use crate::run::{Recorder, RunDirectory, npy_bytes};
use std::fs;

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

/// Writes the run as it stands, with these scores of its steps, into a new directory under `runs/`, as `train` does: it can
/// be gone on with, sampled from and looked at. Gives the directory's path.
///
/// # Errors
/// When it cannot be written; nothing is left of it then.
pub fn save(session: &Session, scores: &[(u64, Scores)]) -> Result<String, Refusal> {
    let refused =
        |error: &dyn std::fmt::Display| Refusal { status: 500, message: error.to_string().replace('\n', " ") };
    let root = RunDirectory::make_fresh(&session.config().name).map_err(|error| refused(&error))?;
    let every = session.config().record.log_every;
    let logged: Vec<(u64, Scores)> = scores.iter().copied().filter(|(step, _)| step.is_multiple_of(every)).collect();
    session.tell(&logged, &mut Recorder::new(&root)).map_err(|error| {
        let _ = fs::remove_dir_all(&root); // nobody else has it
        refused(&error)
    })?;
    Ok(root.display().to_string())
}
