//! What a register tile needs of an instruction set.

use crate::gemm::lane::Lane;
use crate::gemm::tile::Strip;

/// An instruction set: its vector registers, and the few things that a tile does with them. All else about a kernel
/// is written once for every instruction set.
///
/// # Safety
/// All functions but [`is_available`](Simd::is_available) may be called only where that says yes.
pub trait Simd: Sized + 'static {
    /// What people call it.
    const NAME: &'static str;
    /// What of `A` and `B` the registers multiply: numbers, or pairs of them. Those of `C` are `f32`, whatever this is:
    /// 16-bit operands have 32-bit sums.
    type Operand: Lane<Number = f32>;
    /// A register full of operands.
    type Operands: Copy;
    /// A register full of sums.
    type Sums: Copy;
    /// Which lanes of a register take part.
    type Mask: Copy;
    /// Sums in a register.
    const LANES: usize;
    /// Rows of the largest tile. Its columns fill two registers, so its sums are `2·ROWS` registers; two vectors of
    /// `B` and one operand of `A` come on top.
    const ROWS: usize;
    /// Columns of the largest tile.
    const COLUMNS: usize = 2 * Self::LANES;

    /// Whether this processor has the instructions.
    fn is_available() -> bool;

    /// Does a job in code that is compiled for the instructions.
    ///
    /// # Safety
    /// The trait's and the job's.
    #[allow(unsafe_code)]
    unsafe fn compiled<J: Job>(input: &J::Input<'_>);

    /// Packs a strip into `packed[p * pitch + i]`, `pitch ≥ width`, where `p` counts operands along the depth. What lies
    /// between `width` and `pitch` is undefined but initialised, and so may be up to
    /// [`SLACK`](crate::gemm::tile::SLACK) operands beyond the last row.
    ///
    /// # Safety
    /// The strip must be valid, and `packed` must have room for as many rows of `pitch` operands as hold the depth, and
    /// `SLACK` more.
    #[allow(unsafe_code)]
    unsafe fn pack(strip: &Strip, packed: *mut Self::Operand, pitch: usize);

    /// Sums of nothing.
    #[allow(unsafe_code, clippy::missing_safety_doc)]
    unsafe fn zero() -> Self::Sums;

    /// One operand in every lane.
    ///
    /// # Safety
    /// It must be valid to read.
    #[allow(unsafe_code)]
    unsafe fn broadcast(operand: *const Self::Operand) -> Self::Operands;

    /// Neighbouring operands, one a lane.
    ///
    /// # Safety
    /// They must be valid to read.
    #[allow(unsafe_code)]
    unsafe fn load(operands: *const Self::Operand) -> Self::Operands;

    /// Neighbouring operands in those lanes that the mask has.
    ///
    /// # Safety
    /// These must be valid to read.
    #[allow(unsafe_code)]
    unsafe fn load_masked(operands: *const Self::Operand, mask: Self::Mask) -> Self::Operands;

    /// A mask of the first `lanes` lanes, `lanes` ≤ [`LANES`](Simd::LANES).
    #[allow(unsafe_code, clippy::missing_safety_doc)]
    unsafe fn first(lanes: usize) -> Self::Mask;

    /// `sums + a·b`, rounded once; of pairs first the second numbers' product is added, then the first ones'.
    #[allow(unsafe_code, clippy::missing_safety_doc)]
    unsafe fn multiply_add(a: Self::Operands, b: Self::Operands, sums: Self::Sums) -> Self::Sums;

    /// Writes the first `lanes` lanes to `c`, or adds them to what is there.
    ///
    /// # Safety
    /// These must be valid to read and write; others are not touched.
    #[allow(unsafe_code)]
    unsafe fn store(c: *mut f32, lanes: usize, sums: Self::Sums, add: bool);
}

/// Something to do with an instruction set. An implementation's `run` has `#[inline(always)]`, so that it is compiled
/// as a part of [`Simd::compiled`].
pub trait Job {
    /// What it is done with.
    type Input<'a>;

    /// Does it.
    ///
    /// # Safety
    /// As the job says; and the processor must have the instructions.
    #[allow(unsafe_code)]
    unsafe fn run(input: &Self::Input<'_>);
}
