//! A tile of `C`: the blocks that it is the sum of.

use super::assembly::{BYTES, Block, Job, SIDE, TILE, multiply, set_tiles};
use super::gather::{Piece, gather_a, gather_b};
use crate::gemm::pair::Pair;
use crate::gemm::tile::Tile;
use std::mem::MaybeUninit;

/// Blocks that are multiplied without leaving the registers, at most.
const BLOCKS: usize = 64;
/// Of these, gathered ones.
const GATHERED: usize = 8;

/// Operands of a block that did not lie as a tile register is loaded: 32 rows of `A`, then 16 steps of `B`.
#[repr(C, align(64))]
struct Gathered {
    a: [Pair; TILE * SIDE],
    b: [Pair; SIDE * TILE],
}

/// Computes a tile, block by block; `AHEAD` says whether it has something to ask the cache for.
///
/// # Safety
/// That of [`Routines::walk`](crate::gemm::routines::Routines::walk); the processor must have the instructions.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub unsafe fn sum_up<const AHEAD: bool>(tile: &Tile<Pair, f32>) {
    let steps = tile.steps;
    set_tiles(steps.rows, steps.columns);
    let mut sums = Sums::<AHEAD>::new(tile);
    for outer in 0..steps.counts[0] {
        for middle in 0..steps.counts[1] {
            let a = tile.a.wrapping_add(outer * steps.a[0] + middle * steps.a[1]);
            let b = tile.b.wrapping_add(outer * steps.b[0] + middle * steps.b[1]);
            let place = steps.places[0] + (outer * steps.counts[1] + middle) * steps.places[1];
            // SAFETY: the caller's contract: each step's operands are valid.
            unsafe { sums.add_run(a, b, place) };
        }
    }
    // SAFETY: as above, and the tile of `C` is.
    unsafe { sums.multiply() };
}

/// A tile and the blocks that are still to be added to it.
struct Sums<'t, const AHEAD: bool> {
    tile: &'t Tile<'t, Pair, f32>,
    /// What is known of the block at hand: neighbouring steps, and which block it is.
    pieces: [Piece; SIDE],
    pieces_count: usize,
    place: usize,
    /// Whole blocks.
    blocks: [MaybeUninit<Block>; BLOCKS],
    count: usize,
    gathered: [MaybeUninit<Gathered>; GATHERED],
    gathered_count: usize,
    /// Whether there are sums in memory already.
    add: bool,
}

#[allow(unsafe_code)]
impl<'t, const AHEAD: bool> Sums<'t, AHEAD> {
    #[inline(always)]
    fn new(tile: &'t Tile<'t, Pair, f32>) -> Self {
        Self {
            tile,
            pieces: [Piece { a: tile.a, b: tile.b, first: 0, count: 0 }; SIDE],
            pieces_count: 0,
            place: 0,
            blocks: [const { MaybeUninit::uninit() }; BLOCKS],
            count: 0,
            gathered: [const { MaybeUninit::uninit() }; GATHERED],
            gathered_count: 0,
            add: tile.steps.add,
        }
    }

    /// Adds a run of the innermost loop, from these operands and from this place on.
    ///
    /// # Safety
    /// Its operands must be valid until all is multiplied.
    #[inline(always)]
    unsafe fn add_run(&mut self, a: *const Pair, b: *const Pair, place: usize) {
        let (steps, mut step) = (self.tile.steps, 0);
        while step < steps.counts[2] {
            let (a, b) = (a.wrapping_add(step * steps.a[2]), b.wrapping_add(step * steps.b[2]));
            let [block, first] = [(place + step) / SIDE, (place + step) % SIDE];
            let count = (steps.counts[2] - step).min(SIDE - first);
            step += count;
            if block != self.place {
                // SAFETY: the pieces are parts of runs whose operands are valid.
                unsafe { self.gather() };
                self.place = block;
            }
            if count == SIDE && steps.a[2] == 1 {
                let block = Block { a, a_row: steps.a_row * BYTES, b, b_step: steps.b[2] * BYTES };
                // SAFETY: the caller's contract.
                unsafe { self.push(block) };
            } else {
                self.pieces[self.pieces_count] = Piece { a, b, first, count };
                self.pieces_count += 1;
            }
        }
    }

    /// Adds a block that lies as registers are loaded.
    ///
    /// # Safety
    /// Its operands must be valid until it is multiplied.
    #[inline(always)]
    unsafe fn push(&mut self, block: Block) {
        if self.count == BLOCKS {
            // SAFETY: those before it are valid.
            unsafe { self.multiply_blocks() };
        }
        self.blocks[self.count].write(block);
        self.count += 1;
    }

    /// Makes a block of the pieces, and of zeros for steps that it lacks.
    ///
    /// # Safety
    /// The pieces must be valid.
    #[inline(always)]
    unsafe fn gather(&mut self) {
        if self.pieces_count > 0 {
            // SAFETY: the caller's contract.
            unsafe { self.gather_pieces() };
        }
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
    unsafe fn gather_pieces(&mut self) {
        // Room for both before the block is written: what is multiplied leaves its place to others.
        if self.gathered_count == GATHERED || self.count == BLOCKS {
            // SAFETY: those before it are valid.
            unsafe { self.multiply_blocks() };
        }
        let (steps, pieces) = (self.tile.steps, &self.pieces[..self.pieces_count]);
        let gathered = self.gathered[self.gathered_count].as_mut_ptr();
        // SAFETY: the caller's pieces are valid, and there is room for a block.
        unsafe {
            let (a, b) = ((&raw mut (*gathered).a).cast::<Pair>(), (&raw mut (*gathered).b).cast::<Pair>());
            gather_a(pieces, steps.a[2], steps.a_row, steps.rows, a);
            gather_b(pieces, steps.b[2], steps.columns, b);
            (self.pieces_count, self.gathered_count) = (0, self.gathered_count + 1);
            self.push(Block { a, a_row: SIDE * BYTES, b, b_step: TILE * BYTES });
        }
    }

    /// Multiplies all that there is.
    ///
    /// # Safety
    /// It must be valid, and the tile of `C`.
    #[inline(always)]
    unsafe fn multiply(&mut self) {
        // SAFETY: the caller's contract.
        unsafe {
            self.gather();
            self.multiply_blocks();
        }
    }

    #[inline(never)]
    unsafe fn multiply_blocks(&mut self) {
        let steps = self.tile.steps;
        let [ahead, step, leap] = self.tile.ahead.in_bytes();
        let job = Job { c: self.tile.c, c_row: steps.c_row * BYTES, add: usize::from(self.add), ahead, step, leap };
        let two = [steps.rows > SIDE, steps.columns > SIDE];
        // SAFETY: the caller's contract; the blocks up to the count are written, the registers are set for the tile.
        unsafe { multiply::<AHEAD>(two, &job, self.blocks.as_ptr().cast(), self.count) };
        (self.count, self.gathered_count, self.add) = (0, 0, true);
    }
}
