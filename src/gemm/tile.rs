//! The contract between those who have numbers to multiply and the inner loop: one register tile of `C`.

/// Numbers of single precision in a cache line.
pub const LINE: usize = 16;
/// A packed row may be written whole vectors at a time, up to this many numbers beyond its end.
pub const SLACK: usize = 8;

/// The steps of a tile: three loops in each other, each of which moves the places in `A` and `B` by a fixed distance. All
/// distances are in operands: in numbers, or in pairs of them.
#[derive(Clone, Copy, Debug)]
pub struct Steps {
    /// How often each loop runs, the outermost first.
    pub counts: [usize; 3],
    /// How far each loop moves the place in `A`.
    pub a: [usize; 3],
    /// From one row's number of `A` to the next one's.
    pub a_row: usize,
    /// How far each loop moves the place in `B`; the columns are neighbours.
    pub b: [usize; 3],
    /// Whether `B` may be read as far as the kernel's columns.
    pub b_is_full: bool,
    /// Where the first step is among all those of the sum, and how far it is from one run of the innermost loop to the
    /// next one. A kernel that sums block by block begins its blocks by these: what is left out because it is zero keeps
    /// its place, so that the sum is the same.
    pub places: [usize; 2],
    /// Rows of the tile, at least one and at most the kernel's.
    pub rows: usize,
    /// Columns, at least one and at most the kernel's. Nothing is written beyond them.
    pub columns: usize,
    /// From one row of `C` to the next; the columns are neighbours.
    pub c_row: usize,
    /// Add to `C` rather than overwrite it, which does not read it.
    pub add: bool,
}

/// A tile of sums by address, `C[i, j] = Σ A(step)[i]·B(step)[j]`. Operands of type `P`, sums of type `T`.
#[derive(Clone, Copy, Debug)]
pub struct Tile<'s, P, T> {
    /// Its size, and what the sum is over.
    pub steps: &'s Steps,
    /// Where `A(step)[0]` is at first.
    pub a: *const P,
    /// Where `B(step)[0]` is at first.
    pub b: *const P,
    /// Where `C[0, 0]` is.
    pub c: *mut T,
    /// What to ask the cache for meanwhile, where the operands are packed.
    pub ahead: Ahead,
}

impl<P, T> Tile<'_, P, T> {
    /// Asks for the tile's part of `C`, which is wanted when all steps are done: in training it was
    /// last touched a layer ago and has left the near caches.
    pub fn fetch_c(&self) {
        for row in 0..self.steps.rows {
            let first = self.c.wrapping_add(row * self.steps.c_row);
            // Lines of an unaligned row: one more than it fills.
            [0, LINE, self.steps.columns - 1].into_iter().for_each(|column| prefetch(first.wrapping_add(column)));
        }
    }
}

/// Where a panel comes from: `width` by `depth` elements, `width_stride` and `depth_stride` apart.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    /// Its first element.
    pub start: *const f32,
    /// Rows of a strip of `A`, columns of one of `B`.
    pub width: usize,
    /// Steps of the summed dimension.
    pub depth: usize,
    /// From one row or column to the next.
    pub width_stride: usize,
    /// From one step to the next.
    pub depth_stride: usize,
}

/// The addresses of a strip of `B` that will be packed next, one for each step of a tile.
///
/// Packing reads each element of `B` once, from rows so far apart that the processor's own
/// prefetching does not see a pattern. The tiles before it have time to spare.
#[derive(Clone, Copy, Debug)]
pub struct Ahead {
    start: *const f32,
    step: usize,
    leap: usize,
}

impl Ahead {
    /// Nothing to fetch.
    pub const NOTHING: Self = Self { start: std::ptr::null(), step: 0, leap: 0 };

    /// The share of the `tile`-th tile of a column of tiles in fetching `next`. A step takes so many numbers of the depth.
    pub fn of(next: &Strip, tile: usize, numbers: usize) -> Self {
        let (offset, step) = if next.width_stride == 1 {
            // One cache line of one of each step's rows; an unaligned row touches one more than it fills.
            let lines = next.width / LINE + 1;
            (tile / numbers % lines * LINE + tile % numbers * next.depth_stride, numbers * next.depth_stride)
        } else {
            // Four lines of the strip, along the depth.
            (4 * tile % next.width * next.width_stride, next.width_stride)
        };
        Self { start: next.start.wrapping_add(offset), step, leap: 4 * numbers * next.depth_stride }
    }

    /// The first address, and how far a step and a leap are, in bytes.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, reason = "for assembly"))]
    pub fn in_bytes(&self) -> [usize; 3] {
        [self.start.addr(), self.step * size_of::<f32>(), self.leap * size_of::<f32>()]
    }

    /// The address for step `p`: four rows in turn, then onwards.
    #[inline(always)]
    pub fn at(&self, p: usize) -> *const f32 {
        self.start.wrapping_add(p % 4 * self.step + p / 4 * self.leap)
    }
}

/// Asks for a cache line. Any address will do: a bad one is ignored.
#[inline(always)]
#[allow(unsafe_code)]
pub fn prefetch<T>(address: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a prefetch reads nothing that the program can see.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
