//! The loops around the micro-kernel: one block of `C`, on one thread.

use super::element::Block;
use super::kernel::MicroKernel;
use super::matrix::Beta;
use super::pack::{SLACK, Strip, pack};
use super::split::part;
use std::cell::RefCell;

/// Steps of the summed dimension at a time.
const KC: usize = 384;
/// Elements of `A` packed at a time: half a megabyte, to stay in the second-level cache.
const PACKED_A: usize = 1 << 17;
/// The widest panel of `B` that any kernel reads.
const NR_MAX: usize = 32;

/// `C = A·B` or `C += A·B` for one block.
///
/// # Safety
/// That of `Element::multiply`; the processor must have the kernel's instructions.
#[allow(unsafe_code)]
pub(super) unsafe fn multiply(kernel: &MicroKernel, block: &Block<f32>) {
    BUFFERS.with_borrow_mut(|buffers| {
        let [m, k, n] = block.shape;
        let (packed_a, packed_b) = (start(&mut buffers.a), start(&mut buffers.b));
        // At least once, so that an empty sum is written as zero.
        let depths = k.div_ceil(KC).max(1);
        for depth in (0..depths).map(|i| part(k, i, depths)) {
            let add = block.beta == Beta::One || depth.start > 0;
            let heights = (m * depth.len()).div_ceil(PACKED_A).max(1);
            for rows in (0..heights).map(|i| part(m, i, heights)) {
                let tiles = rows.len().div_ceil(kernel.mr);
                let tile = |i: usize| part(rows.len(), i, tiles);
                for strip in (0..tiles).map(tile) {
                    let row = rows.start + strip.start;
                    // SAFETY
                    unsafe {
                        let [rsa, csa] = block.a_strides;
                        let source = Strip {
                            start: block.a.wrapping_add(row * rsa + depth.start * csa),
                            width: strip.len(),
                            depth: depth.len(),
                            width_stride: rsa,
                            depth_stride: csa,
                        };
                        pack(source, packed_a.add(strip.start * depth.len()), strip.len());
                    }
                }
                for column in (0..n).step_by(kernel.nr) {
                    let columns = kernel.nr.min(n - column);
                    unsafe {
                        let [rsb, csb] = block.b_strides;
                        let source = Strip {
                            start: block.b.wrapping_add(column * csb + depth.start * rsb),
                            width: columns,
                            depth: depth.len(),
                            width_stride: csb,
                            depth_stride: rsb,
                        };
                        pack(source, packed_b, kernel.nr);
                    }
                    for strip in (0..tiles).map(tile) {
                        unsafe {
                            let c = block.c.add((rows.start + strip.start) * block.c_row_stride + column);
                            let a = packed_a.add(strip.start * depth.len());
                            kernel.tiles[strip.len() - 1](
                                depth.len(),
                                a,
                                packed_b,
                                c,
                                block.c_row_stride,
                                columns,
                                add,
                            );
                        }
                    }
                }
            }
        }
    });
}

/// A cache line of numbers, for its alignment.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; 16]);

/// The packed panels of a thread: taken at its first product, kept for all others.
struct Buffers {
    a: Vec<Line>,
    b: Vec<Line>,
}

fn lines(elements: usize) -> Vec<Line> {
    vec![Line([0.0; 16]); elements.div_ceil(16)]
}

fn start(lines: &mut [Line]) -> *mut f32 {
    lines.as_mut_ptr().cast()
}

thread_local! {
    static BUFFERS: RefCell<Buffers> =
        RefCell::new(Buffers { a: lines(PACKED_A + 64 * KC+ SLACK), b: lines(KC * NR_MAX + SLACK) });
}
