//! What only assembly can say: tile registers, set, loaded, multiplied and stored.

use crate::gemm::pair::Pair;
use std::arch::asm;
use std::cell::Cell;

/// Rows of a tile register; pairs in a row; columns of sums.
pub const SIDE: usize = 16;
/// Rows and columns of the largest tile of `C`.
pub const TILE: usize = 2 * SIDE;
/// Bytes of a pair, and of a sum.
pub const BYTES: usize = size_of::<Pair>();

/// One block of both operands: 16 steps.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Block {
    pub a: *const Pair,
    /// Bytes from one row to the next.
    pub a_row: usize,
    pub b: *const Pair,
    /// Bytes from one step to the next.
    pub b_step: usize,
}

/// How many rows each tile register has, and bytes in a row (Intel, chapter 3, table 3-1).
#[repr(C, align(64))]
struct Setting {
    palette: u8,
    zeros: [u8; 15],
    bytes: [u16; 16],
    rows: [u8; 16],
}

/// Sets this thread's tile registers for a tile of `C`, if they are not.
#[allow(unsafe_code)]
pub fn set_tiles(rows: usize, columns: usize) {
    thread_local! {
        static SET: Cell<[usize; 2]> = const { Cell::new([0, 0]) };
    }
    if SET.replace([rows, columns]) == [rows, columns] {
        return;
    }
    let halves = |length: usize| [length.min(SIDE), length.saturating_sub(SIDE)];
    let ([upper, lower], [left, right]) = (halves(rows), halves(columns));
    let registers = [
        [upper, left],
        [upper, right],
        [lower, left],
        [lower, right],
        [upper, SIDE],
        [lower, SIDE],
        [SIDE, left],
        [SIDE, right],
    ];
    let mut setting = Setting { palette: 1, zeros: [0; 15], bytes: [0; 16], rows: [0; 16] };
    // A register without rows, or without columns, has neither.
    for (i, [rows, columns]) in registers.into_iter().enumerate().filter(|(_, sides)| !sides.contains(&0)) {
        (setting.rows[i], setting.bytes[i]) = (rows as u8, (columns * BYTES) as u16);
    }
    // SAFETY: a kernel of these instructions is only there where they are allowed; the setting is a valid one.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &setting, options(nostack, readonly)) };
}

/// A tile of `C`, and what is to be asked for meanwhile, as the assembly reads it.
#[repr(C)]
pub struct Job {
    pub c: *mut f32,
    /// Bytes.
    pub c_row: usize,
    pub add: usize,
    /// An address, and distances in bytes: see [`Ahead`](crate::gemm::tile::Ahead).
    pub ahead: usize,
    pub step: usize,
    pub leap: usize,
}

/// Adds the products of blocks to a tile of one or two registers down and across; `AHEAD` says whether there is something
/// to ask for.
///
/// # Safety
/// The blocks and the tile of `C` must be valid, and the registers set for the tile.
#[allow(unsafe_code)]
pub unsafe fn multiply<const AHEAD: bool>(two: [bool; 2], job: &Job, blocks: *const Block, count: usize) {
    let multiply = match (AHEAD, two) {
        (true, [true, true]) => multiply_2x2_ahead,
        (true, [true, false]) => multiply_2x1_ahead,
        (true, [false, true]) => multiply_1x2_ahead,
        (true, [false, false]) => multiply_1x1_ahead,
        (false, [true, true]) => multiply_2x2,
        (false, [true, false]) => multiply_2x1,
        (false, [false, true]) => multiply_1x2,
        (false, [false, false]) => multiply_1x1,
    };
    // SAFETY: the caller's contract.
    unsafe { multiply(job, blocks, count) };
}

/// `fn(job, blocks, count)`: adds the products of blocks to a tile. All of it is one piece of assembly, because
/// nothing but assembly knows of tile registers, and so nothing could keep sums in them between two pieces.
macro_rules! multiply_blocks {
    ($name:ident, rows: $([$load:literal, $zero:literal, $store:literal])*;
        lower: $([$load_lower:literal, $zero_lower:literal, $store_lower:literal])*; step: $($step:literal)*; ahead: $($ahead:literal)*) => {
        /// # Safety
        /// The blocks and the tile of `C` must be valid, and the registers set for the tile.
        #[allow(unsafe_code)]
        unsafe fn $name(job: &Job, blocks: *const Block, count: usize) {
            // SAFETY: the caller's contract.
            unsafe {
                asm!(
                    "mov {a}, [{job}]",
                    "mov {a_row}, [{job} + 8]",
                    "mov {t}, {a_row}",
                    "shl {t}, 4",
                    "add {t}, {a}",
                    "cmp qword ptr [{job} + 16], 0",
                    "je 2f",
                    $($load,)*
                    $($load_lower,)*
                    "jmp 3f",
                    "2:",
                    $($zero,)*
                    $($zero_lower,)*
                    "3:",
                    "mov {ahead}, [{job} + 24]",
                    "mov {step}, [{job} + 32]",
                    "mov {leap}, [{job} + 40]",
                    "test {count}, {count}",
                    "jz 5f",
                    "4:",
                    "mov {a}, [{blocks}]",
                    "mov {a_row}, [{blocks} + 8]",
                    "mov {b}, [{blocks} + 16]",
                    "mov {b_step}, [{blocks} + 24]",
                    "add {blocks}, 32",
                    $($step,)*
                    $($ahead,)*
                    "dec {count}",
                    "jnz 4b",
                    "5:",
                    "mov {a}, [{job}]",
                    "mov {a_row}, [{job} + 8]",
                    "mov {t}, {a_row}",
                    "shl {t}, 4",
                    "add {t}, {a}",
                    $($store,)*
                    $($store_lower,)*
                    job = in(reg) job, blocks = inout(reg) blocks => _, count = inout(reg) count => _,
                    a = out(reg) _, a_row = out(reg) _, b = out(reg) _, b_step = out(reg) _, t = out(reg) _,
                    ahead = out(reg) _, step = out(reg) _, leap = out(reg) _,
                    out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _, out("tmm4") _, out("tmm5") _,
                    out("tmm6") _, out("tmm7") _, options(nostack)
                );
            }
        }
    };
}

/// The four shapes of a tile, in registers; with or without asking ahead.
macro_rules! multiply_shapes {
    ($both:ident, $rows_only:ident, $columns_only:ident, $one:ident; $($ahead:literal)*) => {
        multiply_blocks!($both,
            rows:
                ["tileloadd tmm0, [{a} + {a_row}*1]", "tilezero tmm0", "tilestored [{a} + {a_row}*1], tmm0"]
                ["tileloadd tmm1, [{a} + {a_row}*1 + 64]", "tilezero tmm1", "tilestored [{a} + {a_row}*1 + 64], tmm1"];
            lower:
                ["tileloadd tmm2, [{t} + {a_row}*1]", "tilezero tmm2", "tilestored [{t} + {a_row}*1], tmm2"]
                ["tileloadd tmm3, [{t} + {a_row}*1 + 64]", "tilezero tmm3", "tilestored [{t} + {a_row}*1 + 64], tmm3"];
            step:
                "tileloadd tmm6, [{b} + {b_step}*1]"
                "tileloadd tmm4, [{a} + {a_row}*1]"
                "tdpbf16ps tmm0, tmm4, tmm6"
                "tileloadd tmm7, [{b} + {b_step}*1 + 64]"
                "tdpbf16ps tmm1, tmm4, tmm7"
                "mov {t}, {a_row}"
                "shl {t}, 4"
                "add {a}, {t}"
                "tileloadd tmm5, [{a} + {a_row}*1]"
                "tdpbf16ps tmm2, tmm5, tmm6"
                "tdpbf16ps tmm3, tmm5, tmm7";
            ahead: $($ahead)*);
        multiply_blocks!($rows_only,
            rows:
                ["tileloadd tmm0, [{a} + {a_row}*1]", "tilezero tmm0", "tilestored [{a} + {a_row}*1], tmm0"];
            lower:
                ["tileloadd tmm2, [{t} + {a_row}*1]", "tilezero tmm2", "tilestored [{t} + {a_row}*1], tmm2"];
            step:
                "tileloadd tmm6, [{b} + {b_step}*1]"
                "tileloadd tmm4, [{a} + {a_row}*1]"
                "tdpbf16ps tmm0, tmm4, tmm6"
                "mov {t}, {a_row}"
                "shl {t}, 4"
                "add {a}, {t}"
                "tileloadd tmm5, [{a} + {a_row}*1]"
                "tdpbf16ps tmm2, tmm5, tmm6";
            ahead: $($ahead)*);
        multiply_blocks!($columns_only,
            rows:
                ["tileloadd tmm0, [{a} + {a_row}*1]", "tilezero tmm0", "tilestored [{a} + {a_row}*1], tmm0"]
                ["tileloadd tmm1, [{a} + {a_row}*1 + 64]", "tilezero tmm1", "tilestored [{a} + {a_row}*1 + 64], tmm1"];
            lower: ;
            step:
                "tileloadd tmm4, [{a} + {a_row}*1]"
                "tileloadd tmm6, [{b} + {b_step}*1]"
                "tdpbf16ps tmm0, tmm4, tmm6"
                "tileloadd tmm7, [{b} + {b_step}*1 + 64]"
                "tdpbf16ps tmm1, tmm4, tmm7";
            ahead: $($ahead)*);
        multiply_blocks!($one,
            rows:
                ["tileloadd tmm0, [{a} + {a_row}*1]", "tilezero tmm0", "tilestored [{a} + {a_row}*1], tmm0"];
            lower: ;
            step:
                "tileloadd tmm4, [{a} + {a_row}*1]"
                "tileloadd tmm6, [{b} + {b_step}*1]"
                "tdpbf16ps tmm0, tmm4, tmm6";
            ahead: $($ahead)*);
    };
}

multiply_shapes!(multiply_2x2, multiply_2x1, multiply_1x2, multiply_1x1;);
// Sixteen steps: four times four in turn, as `Ahead::at` has them.
multiply_shapes!(multiply_2x2_ahead, multiply_2x1_ahead, multiply_1x2_ahead, multiply_1x1_ahead;
    ".rept 4"
    "prefetcht0 [{ahead}]" "prefetcht0 [{ahead} + {step}*1]" "prefetcht0 [{ahead} + {step}*2]"
    "lea {t}, [{ahead} + {step}*2]" "prefetcht0 [{t} + {step}*1]" "add {ahead}, {leap}"
    ".endr");

/// See [`Routines::multiply_add`](crate::gemm::routines::Routines::multiply_add): four products of full tile registers that do not wait for each other.
#[allow(unsafe_code)]
pub unsafe fn multiply_add(rounds: usize) -> usize {
    const PRODUCTS: usize = 4;
    set_tiles(TILE, TILE);
    // SAFETY: the registers are set, and the caller knows that the processor has the instructions.
    unsafe {
        asm!(
            "tilezero tmm0", "tilezero tmm1", "tilezero tmm2", "tilezero tmm3",
            "tilezero tmm4", "tilezero tmm5", "tilezero tmm6", "tilezero tmm7",
            "test {rounds}, {rounds}",
            "jz 3f",
            "2:",
            "tdpbf16ps tmm0, tmm4, tmm6",
            "tdpbf16ps tmm1, tmm4, tmm7",
            "tdpbf16ps tmm2, tmm5, tmm6",
            "tdpbf16ps tmm3, tmm5, tmm7",
            "dec {rounds}",
            "jnz 2b",
            "3:",
            rounds = inout(reg) rounds => _,
            out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _, out("tmm4") _, out("tmm5") _,
            out("tmm6") _, out("tmm7") _, options(nostack, nomem)
        );
    }
    2 * SIDE * SIDE * 2 * SIDE * PRODUCTS * rounds
}
