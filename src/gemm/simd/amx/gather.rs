//! Blocks of operands that do not lie as a tile register is loaded.

use super::assembly::{SIDE, TILE};
use super::pack::transpose;
use crate::gemm::pair::Pair;
use std::arch::x86_64::{
    __mmask16, _mm512_mask_loadu_epi32, _mm512_maskz_loadu_epi32, _mm512_setzero_si512, _mm512_storeu_si512,
};

/// Neighbouring steps of a block.
#[derive(Clone, Copy)]
pub struct Piece {
    pub a: *const Pair,
    pub b: *const Pair,
    /// The first of them in the block.
    pub first: usize,
    pub count: usize,
}

/// Gathers rows of `A`, 16 steps each.
///
/// # Safety
/// The pieces must be valid, and there must be room for 32 rows; the processor must have AVX-512 F and BW.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn gather_a(pieces: &[Piece], step: usize, row: usize, rows: usize, gathered: *mut Pair) {
    if step == 1 {
        for i in 0..rows {
            let mut whole = _mm512_setzero_si512();
            for piece in pieces {
                let mask = (first(piece.count)) << piece.first;
                let from = piece.a.wrapping_add(i * row).wrapping_sub(piece.first);
                // SAFETY: what the mask has are the piece's operands.
                whole = unsafe { _mm512_mask_loadu_epi32(whole, mask, from.cast()) };
            }
            // SAFETY: there is room for 32 rows.
            unsafe { _mm512_storeu_si512(gathered.add(i * SIDE).cast(), whole) };
        }
        return;
    }
    if row == 1 {
        // Rows are neighbours: turned round.
        for rows in (0..rows).step_by(SIDE).map(|start| start..rows.min(start + SIDE)) {
            let mut whole = [_mm512_setzero_si512(); SIDE];
            for piece in pieces {
                for p in 0..piece.count {
                    let from = piece.a.wrapping_add(p * step + rows.start);
                    // SAFETY: the operands of the step that there are.
                    whole[piece.first + p] = unsafe { _mm512_maskz_loadu_epi32(first(rows.len()), from.cast()) };
                }
            }
            for (i, whole) in transpose(whole).into_iter().enumerate() {
                // SAFETY: there is room for 32 rows.
                unsafe { _mm512_storeu_si512(gathered.add((rows.start + i) * SIDE).cast(), whole) };
            }
        }
        return;
    }
    for i in 0..rows {
        // SAFETY: as above.
        unsafe {
            _mm512_storeu_si512(gathered.add(i * SIDE).cast(), _mm512_setzero_si512());
            for piece in pieces {
                for p in 0..piece.count {
                    *gathered.add(i * SIDE + piece.first + p) = *piece.a.wrapping_add(p * step + i * row);
                }
            }
        }
    }
}

/// Gathers steps of `B`, 32 columns each.
///
/// # Safety
/// The pieces must be valid, and there must be room for 16 steps; the processor must have AVX-512.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f")]
pub unsafe fn gather_b(pieces: &[Piece], step: usize, columns: usize, gathered: *mut Pair) {
    let halves = [0, SIDE].map(|start| (start, first(columns.saturating_sub(start).min(SIDE))));
    let mut next = 0;
    let last = Piece { first: SIDE, count: 0, ..pieces[0] };
    for piece in pieces.iter().chain([&last]) {
        for (start, mask) in halves {
            // SAFETY: there is room for 16 steps; what the mask has are a step's operands.
            unsafe {
                for p in next..piece.first {
                    _mm512_storeu_si512(gathered.add(p * TILE + start).cast(), _mm512_setzero_si512());
                }
                for p in 0..piece.count {
                    let operands = _mm512_maskz_loadu_epi32(mask, piece.b.wrapping_add(p * step + start).cast());
                    _mm512_storeu_si512(gathered.add((piece.first + p) * TILE + start).cast(), operands);
                }
            }
        }
        next = piece.first + piece.count;
    }
}

/// A mask of the first `count` of 16 lanes.
fn first(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}
