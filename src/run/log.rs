//! CSV files that grow row by row.

use super::checkpoint::Written;
use super::rows::{FIGURES, header, line};
use super::{MetricsRow, NormRow, ReadingRow, RunDirectory, RunError, TimeRow};
use crate::data::{WriteError, file};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

/// The header of `warnings.txt`, which is empty as long as all is well.
const WARNINGS_HEADER: &str = "What looked wrong:";

/// The longest header that is looked for.
const LONGEST_HEADER: u64 = 4096;

/// What a run writes down as it goes.
pub(super) struct Logs {
    /// How many columns metrics.csv has for figures.
    pub figures: usize,
    pub metrics: Log,
    pub times: Log,
    pub norms: Log,
    pub warnings: Log,
    /// Of a run that learns to read.
    pub reading: Option<Log>,
}

impl Logs {
    /// Those of a new run, which may learn to read; metrics.csv has so many columns for figures.
    pub fn create(run: &RunDirectory, figures: usize, reads: bool) -> Result<Self, RunError> {
        let reading = reads.then(|| Log::create(run.reading_file(), &header::<ReadingRow>(0)));
        Ok(Self {
            figures,
            metrics: Log::create(run.metrics_file(), &header::<MetricsRow>(FIGURES - figures))?,
            times: Log::create(run.times_file(), &header::<TimeRow>(0))?,
            norms: Log::create(run.norms_file(), &header::<NormRow>(0))?,
            warnings: Log::create(run.warnings_file(), WARNINGS_HEADER)?,
            reading: reading.transpose()?,
        })
    }

    /// Those of a run that had written so much by a checkpoint; nothing of them changes yet.
    ///
    /// # Errors
    /// When one is shorter, or not there, or begins otherwise, or cannot be written to.
    pub fn open(run: &RunDirectory, written: &Written) -> Result<Self, RunError> {
        let reads = written.reading > 0;
        let reading = reads.then(|| Log::open(run.reading_file(), &header::<ReadingRow>(0), written.reading));
        let (metrics, figures) = Log::open(run.metrics_file(), &header::<MetricsRow>(FIGURES), written.metrics)?;
        Ok(Self {
            figures,
            metrics,
            times: Log::open(run.times_file(), &header::<TimeRow>(0), written.times)?.0,
            norms: Log::open(run.norms_file(), &header::<NormRow>(0), written.norms)?.0,
            warnings: Log::open(run.warnings_file(), WARNINGS_HEADER, written.warnings)?.0,
            reading: reading.transpose()?.map(|(log, _)| log),
        })
    }

    /// Cuts off what the run wrote after that checkpoint, for it will be written again.
    pub fn cut(&mut self, written: &Written) -> Result<(), WriteError> {
        self.metrics.cut(written.metrics)?;
        self.times.cut(written.times)?;
        self.norms.cut(written.norms)?;
        self.reading.iter_mut().try_for_each(|reading| reading.cut(written.reading))?;
        self.warnings.cut(written.warnings)
    }
}

impl Logs {
    /// A row of metrics.csv, in those columns that this run has.
    pub fn metrics_row(&mut self, row: &MetricsRow) -> Result<(), WriteError> {
        self.metrics.row(&line(row, FIGURES.saturating_sub(self.figures)))
    }
}

/// A CSV file, open at its end.
pub(super) struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A new file with this header.
    fn create(path: PathBuf, header: &str) -> Result<Self, RunError> {
        let file = File::create(&path).map_err(|reason| WriteError { path: path.clone(), reason })?;
        let mut log = Self { path, file };
        log.row(header)?;
        Ok(log)
    }

    /// The file of a run that had written `length` bytes to it by a checkpoint, the beginning of its header first, and how
    /// many columns it has more than that; nothing of it changes yet.
    ///
    /// # Errors
    /// When it is shorter, or not there, or begins otherwise, or cannot be written to.
    fn open(path: PathBuf, header: &str, length: u64) -> Result<(Self, usize), RunError> {
        let shortened = |found| RunError::Shortened { path: path.clone(), found, expected: length };
        match file::check_regular(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(shortened(None)),
            Err(reason) => return Err(RunError::Read { path, reason }),
            Ok(()) => {}
        }
        let failed = |reason| WriteError { path: path.clone(), reason };
        let mut file = OpenOptions::new().read(true).write(true).open(&path).map_err(failed)?;
        let found = file.metadata().map_err(failed)?.len();
        if found < length {
            return Err(shortened(Some(found)));
        }
        let mut beginning = Vec::new();
        Read::by_ref(&mut file).take(LONGEST_HEADER).read_to_end(&mut beginning).map_err(failed)?;
        match beginning.strip_prefix(header.as_bytes()) {
            Some(rest) => {
                let more = rest.iter().take_while(|&&byte| byte != b'\n').filter(|&&byte| byte == b',').count();
                Ok((Self { path, file }, more))
            }
            None => Err(RunError::Log { path, reason: format!("it does not begin with {header:?}") }),
        }
    }

    /// Cuts off what stands after its first `length` bytes.
    fn cut(&mut self, length: u64) -> Result<(), WriteError> {
        let cut = self.file.set_len(length).and_then(|()| self.file.seek(SeekFrom::End(0)));
        cut.map(drop).map_err(|reason| WriteError { path: self.path.clone(), reason })
    }

    /// One line, written through to the system: a killed process loses none.
    pub fn row(&mut self, row: &str) -> Result<(), WriteError> {
        let written = self.file.write_all(format!("{row}\n").as_bytes());
        written.map_err(|reason| WriteError { path: self.path.clone(), reason })
    }

    /// Has every row on the disk, and says how many bytes they are.
    pub fn sync(&mut self) -> Result<u64, WriteError> {
        let length = self.file.sync_data().and_then(|()| self.file.stream_position());
        length.map_err(|reason| WriteError { path: self.path.clone(), reason })
    }
}
