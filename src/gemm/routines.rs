//! What a kernel does with one kind of operands: one block of a product, and one tile of a convolution.

use super::lane::Lane;
use super::matrix::Beta;
use super::tile::Tile;

/// A block of `C` and the rows of `A` and columns of `B` it is the product of, by address.
#[derive(Clone, Copy, Debug)]
pub struct Block<T> {
    /// `[m, k, n]`: `A` is `[m, k]`, `B` is `[k, n]`, `C` is `[m, n]`.
    pub shape: [usize; 3],
    /// The first element of `A`.
    pub a: *const T,
    /// `[row, column]`, in elements; so are the strides below.
    pub a_strides: [usize; 2],
    /// The first element of `B`.
    pub b: *const T,
    /// See `a_strides`.
    pub b_strides: [usize; 2],
    /// What happens to the former content of `C`.
    pub beta: Beta,
    /// The first element of `C`, whose column stride is 1.
    pub c: *mut T,
    /// How far apart the rows of `C` are.
    pub c_row_stride: usize,
}

/// The functions of a kernel. They are unsafe in what they are given: whether the processor has their
/// instructions is settled with the [`Kernel`](super::Kernel) that they come from.
#[derive(Debug)]
pub struct Routines<P: Lane> {
    /// The instructions that they are written in.
    pub name: &'static str,
    /// Rows and columns of the largest tile.
    pub tile: [usize; 2],
    /// How many steps of a row of `A` are to be neighbours, so that a walk reads them where they are; with 1 it
    /// does not matter.
    pub neighbours: usize,
    /// `C = A·B + beta·C` on one thread. Every element of the three matrices must lie within its allocation, and
    /// nobody else may touch those of `C` meanwhile.
    pub multiply: unsafe fn(&Block<P::Number>),
    /// A tile of sums whose operands lie anywhere. Each step's numbers must lie within their allocations, and the tile
    /// of `C`, which nobody else may touch meanwhile; it is no larger than `tile` and not empty.
    pub walk: unsafe fn(&Tile<P, P::Number>),
    /// Multiplies and adds in so many rounds as fast as the instructions allow, and answers how many operations that was.
    pub multiply_add: unsafe fn(usize) -> usize,
}
