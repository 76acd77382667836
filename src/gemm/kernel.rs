//! What a micro-kernel is, which ones there are, and which one this machine runs.

use super::{kernel_avx2, kernel_avx512};
use std::sync::LazyLock;

/// Multiplies a packed panel of `A` by a packed panel of `B` into one register tile of `C`:
/// `(depth, a, b, c, c_row_stride, columns, add)`.
///
/// `a` is `[depth, rows]` (the number of rows is the function's own), `b` is `[depth, NR]` and
/// aligned to a cache line; the tile of `C` has `rows` rows of `columns ≤ NR` elements. It is
/// overwritten, or added to if `add`.
///
/// # Safety
/// The processor must have the kernel's instructions and the panels and the tile must be valid.
pub(super) type TileMultiply = unsafe fn(usize, *const f32, *const f32, *mut f32, usize, usize, bool);

/// A register tile of `mr` rows by `nr` columns in some instruction set.
#[derive(Debug)]
pub(super) struct MicroKernel {
    /// Rows of `C` held in registers at most.
    pub mr: usize,
    /// Columns of `C` held in registers.
    pub nr: usize,
    /// `tiles[r - 1]` multiplies a tile of `r` rows, for `r` in `1..=mr`.
    pub tiles: &'static [TileMultiply],
}

/// The implementations of the `f32` product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kernel {
    /// This module's, for AVX-512F.
    Avx512,
    /// This module's, for AVX2 and FMA.
    Avx2,
    /// `matrixmultiply`'s, for every machine.
    Portable,
}

/// The environment variable that forces a kernel.
pub const KERNEL_VARIABLE: &str = "TWOPLAYER_KERNEL";

/// Why a kernel that was asked for cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The name is not one of the kernels'.
    #[error("{KERNEL_VARIABLE}: there is no kernel {0:?}; there are avx512, avx2 and portable")]
    Unknown(String),
    /// The processor has not the instructions.
    #[error("{KERNEL_VARIABLE}: this processor cannot run the kernel {0}")]
    Unavailable(&'static str),
}

impl Kernel {
    /// Every kernel, the fastest first.
    pub const ALL: [Self; 3] = [Self::Avx512, Self::Avx2, Self::Portable];

    /// The kernel's name, as [`KERNEL_VARIABLE`] has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Portable => "portable",
        }
    }

    /// Whether this processor has the kernel's instructions.
    pub fn is_available(self) -> bool {
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        match self {
            Self::Avx512 => avx2 && is_x86_feature_detected!("avx512f"),
            Self::Avx2 => avx2,
            Self::Portable => true,
        }
    }

    /// The register tile, if the kernel is this module's.
    pub(super) fn micro_kernel(self) -> Option<&'static MicroKernel> {
        match self {
            Self::Avx512 => Some(&kernel_avx512::KERNEL),
            Self::Avx2 => Some(&kernel_avx2::KERNEL),
            Self::Portable => None,
        }
    }

    fn fastest() -> Self {
        Self::ALL.into_iter().find(|kernel| kernel.is_available()).unwrap_or(Self::Portable)
    }

    fn by_name(name: &str) -> Result<Self, KernelError> {
        let unknown = || KernelError::Unknown(name.to_owned());
        let kernel = Self::ALL.into_iter().find(|kernel| kernel.name() == name).ok_or_else(unknown)?;
        if kernel.is_available() { Ok(kernel) } else { Err(KernelError::Unavailable(kernel.name())) }
    }
}

/// The choice for this process, made at its first product and never again.
static CHOICE: LazyLock<Result<Kernel, KernelError>> = LazyLock::new(|| match std::env::var_os(KERNEL_VARIABLE) {
    Some(name) if !name.is_empty() => Kernel::by_name(&name.to_string_lossy()),
    _ => Ok(Kernel::fastest()),
});

/// The kernel of every `f32` product of this process: the one [`KERNEL_VARIABLE`] names or,
/// failing that, the fastest the processor can run.
pub fn kernel() -> Kernel {
    CHOICE.clone().unwrap_or_else(|_| Kernel::fastest())
}

/// The name of [`kernel`].
pub fn kernel_name() -> &'static str {
    kernel().name()
}

/// Whether [`KERNEL_VARIABLE`] is unset or names a kernel that this processor can run; a
/// product never fails, it takes the fastest kernel instead.
pub fn check_kernel_variable() -> Result<(), KernelError> {
    CHOICE.clone().map(|_| ())
}
