//! Which kernels there are, and which one this machine runs.

use super::pair::Pair;
use super::precision::Precision;
use super::routines::Routines;
use super::simd::{Entry, KERNELS, PORTABLE};
use std::fmt;
use std::sync::LazyLock;

/// A kernel that this processor can run, and the precision in which it multiplies `f32`. Only looking at the processor
/// makes one: whoever holds it may call its code.
#[derive(Clone, Copy)]
pub struct Kernel {
    entry: &'static Entry,
    precision: Precision,
}

/// The environment variable that forces a kernel.
pub const KERNEL_VARIABLE: &str = "TWOPLAYER_KERNEL";

/// Why a kernel that was asked for cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The name is not one of the kernels'.
    #[error("{KERNEL_VARIABLE}: there is no kernel {0:?}; there are {names}", names = names())]
    Unknown(String),
    /// The processor has not the instructions.
    #[error("{KERNEL_VARIABLE}: this processor cannot run the kernel {0}")]
    Unavailable(&'static str),
}

/// The names of all kernels: `a, b and c`.
fn names() -> String {
    let names: Vec<_> = KERNELS.iter().map(|entry| entry.name).collect();
    match &names[..] {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

impl Kernel {
    fn detect(entry: &'static Entry) -> Option<Self> {
        (entry.is_available)().then_some(Self { entry, precision: Precision::F32 })
    }

    /// Every kernel that this processor can run, the fastest first and `portable`, which any can, last.
    pub fn available() -> impl Iterator<Item = Self> {
        KERNELS.iter().filter_map(Self::detect)
    }

    /// The first of [`available`](Self::available).
    pub fn fastest() -> Self {
        Self::available().next().unwrap_or(Self::portable())
    }

    /// The kernel in plain code, `matrixmultiply`'s, which every processor can run.
    pub fn portable() -> Self {
        Self { entry: &PORTABLE, precision: Precision::F32 }
    }

    /// The kernel of this name.
    ///
    /// # Errors
    /// When there is none, or this processor cannot run it.
    pub fn by_name(name: &str) -> Result<Self, KernelError> {
        let entry = KERNELS.iter().find(|entry| entry.name == name);
        let entry = entry.ok_or_else(|| KernelError::Unknown(name.to_owned()))?;
        Self::detect(entry).ok_or(KernelError::Unavailable(entry.name))
    }

    /// The same kernel, multiplying in another precision.
    pub fn with(self, precision: Precision) -> Self {
        Self { precision, ..self }
    }

    /// What the operands of its products are rounded to.
    pub fn precision(self) -> Precision {
        self.precision
    }

    /// The kernel's name, as [`KERNEL_VARIABLE`] has it.
    pub fn name(self) -> &'static str {
        self.entry.name
    }

    /// The instructions that it multiplies with in its precision.
    pub fn instructions(self) -> &'static str {
        match self.precision {
            Precision::F32 => self.entry.singles.name,
            Precision::Bf16 => self.entry.pairs.name,
        }
    }

    /// Its code for operands that are not rounded.
    pub(super) fn singles(self) -> &'static Routines<f32> {
        self.entry.singles
    }

    /// Its code for operands of 16 bits.
    pub(super) fn pairs(self) -> &'static Routines<Pair> {
        self.entry.pairs
    }

    /// Multiplies and adds in so many rounds as fast as its instructions allow, and answers how many operations that was.
    pub(super) fn multiply_add(self, rounds: usize) -> usize {
        let multiply_add = match self.precision {
            Precision::F32 => self.entry.singles.multiply_add,
            Precision::Bf16 => self.entry.pairs.multiply_add,
        };
        // SAFETY: this processor has the instructions, or there would be no such kernel.
        #[allow(unsafe_code)]
        unsafe {
            multiply_add(rounds)
        }
    }
}

impl PartialEq for Kernel {
    fn eq(&self, other: &Self) -> bool {
        (self.name(), self.precision) == (other.name(), other.precision)
    }
}

impl Eq for Kernel {}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} in {}", self.name(), self.precision)
    }
}

/// The choice for this process, made at its first product and never again.
static CHOICE: LazyLock<Result<Kernel, KernelError>> = LazyLock::new(|| match std::env::var_os(KERNEL_VARIABLE) {
    Some(name) if !name.is_empty() => Kernel::by_name(&name.to_string_lossy()),
    _ => Ok(Kernel::fastest()),
});

/// The kernel of the products of this process: the one [`KERNEL_VARIABLE`] names or, failing that, the fastest the
/// processor can run.
pub fn kernel(precision: Precision) -> Kernel {
    CHOICE.as_ref().copied().unwrap_or_else(|_| Kernel::fastest()).with(precision)
}

/// Whether [`KERNEL_VARIABLE`] is unset or names a kernel that this processor can run; a
/// product never fails, it takes the fastest kernel instead.
pub fn check_kernel_variable() -> Result<(), KernelError> {
    CHOICE.clone().map(|_| ())
}
