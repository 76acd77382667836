//! Which kernels there are, and which one this machine runs.

use std::sync::LazyLock;

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
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => Self::Avx2.is_available() && is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(not(target_arch = "x86_64"))]
            Self::Avx512 | Self::Avx2 => false,
            Self::Portable => true,
        }
    }

    fn fastest() -> Self {
        Self::ALL.into_iter().find(|kernel| kernel.is_available()).unwrap_or(Self::Portable)
    }

    pub(super) fn by_name(name: &str) -> Result<Self, KernelError> {
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
    CHOICE.as_ref().copied().unwrap_or_else(|_| Kernel::fastest())
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
