//! What a convolution does for one image: how that is padded, and which windows move over it.

use super::batch::{Finish, spread};
use super::correlation::{Correlation, Frame};
use super::padded::Padded;
use super::shape::ConvShape;
use super::window::Axis;
use crate::gemm::lane::Number;
use crate::gemm::lay::{lanes, lay_across, lay_along};
use crate::gemm::{Kernel, Operand, in_chunks};
use std::marker::PhantomData;
use std::ops::Range;

/// Loading a tile's weights takes as long as multiplying them with this many rows.
const WEIGHTS: usize = 2;

/// All that is to be done for one image: how it is padded, the windows that move over it, and the shape of their
/// taps; for one kind of operands.
#[derive(Clone, Debug)]
pub struct Plan<P> {
    operand: PhantomData<P>,
    frame: Frame,
    correlations: Vec<Correlation>,
    /// The kernel's `[h, w]`.
    kernel: [usize; 2],
    /// From one number of the depth to the next within a tap of `w`, and from one column to the next.
    tap_strides: [usize; 2],
}

impl<P: Operand> Plan<P> {
    /// The convolution: one window, `stride` pixels a move.
    pub fn forward(shape: &ConvShape) -> Self {
        let ConvShape { image, kernel, inputs, outputs, stride, padding, .. } = *shape;
        let [oh, ow] = shape.output().unwrap_or([0, 0]);
        let extent = |axis: usize, count: usize| (count.max(1) - 1) * stride + kernel[axis];
        let correlation = Correlation {
            taps: kernel.map(|count| (0..count).collect()),
            axes: [0, 1].map(|axis| Axis::of(shape, axis)),
            out: 0,
            out_steps: [ow * outputs, outputs],
        };
        Self {
            operand: PhantomData,
            frame: Frame {
                padded: Padded {
                    image,
                    channels: inputs,
                    before: [padding; 2],
                    extent: [extent(0, oh), extent(1, ow)],
                },
                channels: [lanes::<P>(inputs), outputs],
                out_len: oh * ow * outputs,
            },
            correlations: vec![correlation],
            kernel,
            tap_strides: [outputs, 1],
        }
    }

    /// The transpose: pixel `r` of `x` gets from `y[p]` through `w[i]` where `r = p·stride + i − padding`. So all
    /// pixels `r = stride·u + a` with the same rest `a` see the same taps, those `i` with `i ≡ a + padding`, and
    /// for each rest there is a window that moves over `y` pixel by pixel.
    pub fn transposed(shape: &ConvShape) -> Self {
        let ConvShape { image: [h, w], kernel, inputs, outputs, stride, .. } = *shape;
        let [oh, ow] = shape.output().unwrap_or([0, 0]);
        let axes = [Phases::new(shape, 0, oh), Phases::new(shape, 1, ow)];
        let mut correlations = Vec::new();
        for a in 0..stride.min(h) {
            for b in 0..stride.min(w) {
                let (rows, columns) = (&axes[0].phases[a], &axes[1].phases[b]);
                correlations.push(Correlation {
                    taps: [rows.taps.clone(), columns.taps.clone()],
                    axes: [rows.axis, columns.axis],
                    out: (a * w + b) * inputs,
                    out_steps: [stride * w * inputs, stride * inputs],
                });
            }
        }
        let [before, extent] = [axes.each_ref().map(|axis| axis.before), axes.each_ref().map(|axis| axis.extent)];
        Self {
            operand: PhantomData,
            frame: Frame {
                padded: Padded { image: [oh, ow], channels: outputs, before, extent },
                channels: [lanes::<P>(outputs), inputs],
                out_len: h * w * inputs,
            },
            correlations,
            kernel,
            tap_strides: [1, outputs],
        }
    }

    /// Operands of the packed weights.
    fn packed_len(&self, nr: usize) -> usize {
        self.correlations.iter().map(|c| c.packed_len(self.frame.channels, nr)).sum()
    }

    /// Lays the weights out as the windows read them, those of one window after those of another: a panel of `nr`
    /// columns after the other, in each the taps row by row, in each tap the depth. Panels are shared out among the
    /// threads.
    fn pack(&self, w: &[P::Number], nr: usize, packed: &mut [P]) {
        for (correlation, own) in self.parts(nr) {
            in_chunks(&mut packed[own], correlation.panel_len(self.frame.channels[0], nr), &|i, panel| {
                self.pack_panel(correlation, w, i * nr, nr, panel);
            });
        }
    }

    /// The columns from `first` on, as many as there are of `nr`; zeros beyond.
    fn pack_panel(&self, correlation: &Correlation, w: &[P::Number], first: usize, nr: usize, panel: &mut [P]) {
        let ([steps, columns], depth) = (self.frame.channels, self.frame.padded.channels);
        let [depth_stride, column_stride] = self.tap_strides;
        let count = nr.min(columns - first);
        let [is, js] = &correlation.taps;
        let taps = is.iter().flat_map(|&i| js.iter().map(move |&j| i * self.kernel[1] + j));
        for (tap, rows) in taps.zip(panel.chunks_exact_mut(steps * nr)) {
            let tap = &w[tap * depth * columns..][..depth * columns];
            rows.chunks_exact_mut(nr).for_each(|row| row[count..].fill(P::of(|_| P::Number::ZERO)));
            if column_stride == 1 {
                for (p, row) in rows.chunks_exact_mut(nr).enumerate() {
                    // The numbers of the depth that this operand is made of; zero where there are no more.
                    let inside = |q: usize| Some(p * P::NUMBERS + q).filter(|&number| number < depth);
                    let numbers = |q: usize| inside(q).map(|number| &tap[number * depth_stride + first..][..count]);
                    lay_across(numbers, &mut row[..count]);
                }
            } else {
                // The depth is neighbours: column by column.
                P::with_buffer(steps, |column| {
                    for k in 0..count {
                        lay_along(&tap[(first + k) * column_stride..][..depth], depth, column);
                        rows[k..].iter_mut().step_by(nr).zip(&*column).for_each(|(to, &operand)| *to = operand);
                    }
                });
            }
        }
    }

    /// Numbers in an image that goes in.
    fn x_len(&self) -> usize {
        let Padded { image: [height, width], channels, .. } = self.frame.padded;
        height * width * channels
    }

    /// Operands in an image that goes in.
    fn x_operands(&self) -> usize {
        let [height, width] = self.frame.padded.image;
        height * width * self.frame.channels[0]
    }

    /// How many images are to share a tile, one row each, so that the threads have even shares of a batch; nothing
    /// where the places of one image's row fill a tile better.
    fn images_a_tile(&self, batch: usize, mr: usize) -> Option<usize> {
        let threads = rayon::current_num_threads();
        // What the busiest thread does: a tile takes as long as it has rows, and a little for its weights.
        let time = |count: usize| batch.div_ceil(count).div_ceil(threads) * (count + WEIGHTS);
        let images = (1..=mr.min(batch)).rev().min_by_key(|&count| time(count))?;
        let width = self.correlations.iter().map(|c| c.axes[1].places).max().unwrap_or(0);
        let places = width.div_ceil(width.div_ceil(mr).max(1)); // of even strips
        (images > places).then_some(images)
    }

    /// One image, from `x` to `out`, on this thread.
    fn run(&self, kernel: Kernel, packed: &[P], x: &[P::Number], out: &mut [P::Number], scratch: &mut [P]) {
        assert!(out.len() == self.frame.out_len && packed.len() >= self.packed_len(P::routines(kernel).tile[1]));
        let image = if let Some(image) = self.frame.padded.in_place(x) {
            image
        } else {
            self.frame.padded.write(x, scratch);
            scratch
        };
        assert!(image.len() == self.frame.padded.len::<P>());
        for (correlation, own) in self.parts(P::routines(kernel).tile[1]) {
            correlation.run(&self.frame, kernel, &packed[own], image, out);
        }
    }

    /// From one image to the next in the scratch of [`run_together`](Self::run_together).
    fn distance(&self) -> usize {
        spread(self.x_operands())
    }

    /// Some images, at most as many as a tile has rows, from `x` to `out`, on this thread.
    fn run_together(&self, kernel: Kernel, packed: &[P], x: &[P::Number], out: &mut [P::Number], scratch: &mut [P]) {
        let distance = self.distance();
        for (image, copy) in x.chunks_exact(self.x_len()).zip(scratch.chunks_exact_mut(distance)) {
            lay_along(image, self.frame.padded.channels, &mut copy[..self.x_operands()]);
        }
        for (correlation, own) in self.parts(P::routines(kernel).tile[1]) {
            correlation.run_together(&self.frame, kernel, &packed[own], (scratch, distance), out);
        }
    }

    /// Each correlation, and where its part of the packed weights is.
    fn parts(&self, nr: usize) -> impl Iterator<Item = (&Correlation, Range<usize>)> {
        let mut end = 0;
        self.correlations.iter().map(move |correlation| {
            let start = end;
            end += correlation.packed_len(self.frame.channels, nr);
            (correlation, start..end)
        })
    }
}

/// The phases of one axis of a transposed convolution, and the border that they need around `y`.
struct Phases {
    phases: Vec<Phase>,
    before: usize,
    extent: usize,
}

/// The pixels `stride·u + a` for one rest `a`.
struct Phase {
    /// Falling, so that the pixels of `y` they meet rise.
    taps: Vec<usize>,
    /// How they move over the padded `y`, pixel by pixel.
    axis: Axis,
}

impl Phases {
    fn new(shape: &ConvShape, axis: usize, outputs: usize) -> Self {
        let (stride, padding) = (shape.stride, shape.padding);
        let taps = |a: usize| -> Vec<usize> {
            (0..shape.kernel[axis]).rev().filter(|i| (a + padding) % stride == i % stride).collect()
        };
        // With tap i, u = 0 meets pixel (a + padding − i) / stride of y, perhaps one before its first.
        let met = |a: usize, i: usize| ((a + padding) as isize - i as isize) / stride as isize;
        let rests = 0..stride.min(shape.image[axis]);
        let first = |a: usize| taps(a).first().map_or(0, |&i| met(a, i));
        let before = rests.clone().map(first).min().unwrap_or(0).min(0).unsigned_abs();
        let phase = |a: usize| {
            let (origin, places) = ((first(a) + before as isize) as usize, (shape.image[axis] - a).div_ceil(stride));
            Phase { taps: taps(a), axis: Axis { origin, stride: 1, before, image: outputs, places } }
        };
        let phases: Vec<_> = rests.map(phase).collect();
        let end = |Phase { taps, axis }: &Phase| axis.first(axis.places - 1) + taps.len();
        let extent = phases.iter().map(end).max().unwrap_or(0).max(before + outputs);
        Self { phases, before, extent }
    }
}

/// Runs a plan over a batch, in parallel; `finish` gets each image of the result.
pub fn run_batch<P: Operand>(
    plan: &Plan<P>,
    kernel: Kernel,
    w: &[P::Number],
    x: &[P::Number],
    out: &mut [P::Number],
    finish: &Finish<P::Number>,
) {
    let [mr, nr] = P::routines(kernel).tile;
    let (x_len, out_len) = (plan.x_len(), plan.frame.out_len);
    let border = if plan.frame.padded.in_place::<P>(&[]).is_some() { 0 } else { plan.frame.padded.len::<P>() };
    let together = plan.images_a_tile(out.len() / out_len.max(1), mr);
    P::with_buffer(plan.packed_len(nr), |packed| {
        plan.pack(w, nr, packed);
        let packed = &*packed;
        match together {
            None => in_chunks(out, out_len, &|n, image| {
                P::with_buffer(border, |scratch| plan.run(kernel, packed, &x[n * x_len..][..x_len], image, scratch));
                finish(image);
            }),
            Some(count) => in_chunks(out, count * out_len, &|n, images| {
                let here = images.len() / out_len;
                P::with_buffer(here * plan.distance(), |scratch| {
                    plan.run_together(kernel, packed, &x[n * count * x_len..][..here * x_len], images, scratch);
                });
                images.chunks_exact_mut(out_len).for_each(finish);
            }),
        }
    });
}
