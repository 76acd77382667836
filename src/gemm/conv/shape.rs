//! The extents of a convolution.

/// A result with fewer channels than this is computed by products that are moved afterwards.
pub const NARROW: usize = 5;
/// Pixels that a gradient of weights sums in registers before a tile goes to memory, or a few more. What a tile
/// multiplies at so many stays in the near cache.
const STEPS: usize = 192;

/// The extents of a convolution and its two relatives: images `x: [batch, h, w, in]`, a kernel
/// `w: [kernel h, kernel w, in, out]` and what the one makes of the other, `y: [batch, out h, out w, out]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// How many images.
    pub batch: usize,
    /// `[h, w]` of an image `x`.
    pub image: [usize; 2],
    /// `[h, w]` of the kernel.
    pub kernel: [usize; 2],
    /// Channels of `x`.
    pub inputs: usize,
    /// Channels of `y`.
    pub outputs: usize,
    /// Pixels of `x` between two neighbours of `y`; at least 1.
    pub stride: usize,
    /// Pixels of value zero added to each side of `x`.
    pub padding: usize,
}

impl ConvShape {
    /// `[h, w]` of `y`: `⌊(image + 2·padding − kernel) / stride⌋ + 1`, or nothing where the kernel is larger than
    /// the padded image.
    pub fn output(&self) -> Option<[usize; 2]> {
        output(self.image, self.kernel, self.stride, self.padding)
    }

    /// Multiplications and additions in each of the three forms, those with the border's zeros counted.
    pub fn operations(&self) -> usize {
        2 * self.y_len() * self.kernel[0] * self.kernel[1] * self.inputs
    }

    /// Elements of `x`.
    pub fn x_len(&self) -> usize {
        self.batch * self.image[0] * self.image[1] * self.inputs
    }

    /// Elements of `w`.
    pub fn w_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.inputs * self.outputs
    }

    /// Pieces of the batch whose gradients of the kernel are summed by themselves, and then with each other; for operands that
    /// are laid out anew, or read where they are. It is a matter of the shape alone, so that the sum is the same for any
    /// number of threads.
    pub fn pieces(&self, laid: bool) -> usize {
        // With few tiles, threads share the images; and if these have to be laid out, rather than that each does so
        // with all of them.
        let (numbers, fewest) = if laid { (1 << 18, 4) } else { (1 << 16, 1) };
        (numbers / self.w_len().max(1)).clamp(fewest, 16).min(self.batch).max(1)
    }

    /// Images that a gradient of weights takes at a time: what a tile multiplies of them stays in a near cache. Those that are
    /// laid out are more, for their tiles are larger and take longer to load and store.
    pub fn images_at_once(&self, laid: bool) -> usize {
        let ([oh, ow], steps) = (self.output().unwrap_or([0, 0]), if laid { 512 } else { STEPS });
        let piece = self.batch.div_ceil(self.pieces(laid));
        steps.div_ceil((oh * ow).max(1)).min(piece).max(1)
    }

    /// At most so many numbers one thread keeps beside `x`, `w` and `y` in any of the three forms: packed weights, an
    /// image with its border, products that have yet to be moved, sums that have yet to be put in order.
    pub fn buffers(&self) -> usize {
        /// No tile of any kernel is higher or wider, and no more images share one.
        const TILE: usize = 64;
        let Self { image, kernel, inputs, outputs, stride, padding, .. } = *self;
        let [oh, ow] = self.output().unwrap_or([0, 0]);
        let product = |factors: &[usize]| factors.iter().fold(1usize, |product, &f| product.saturating_mul(f));
        let even = |channels: usize| channels.next_multiple_of(TILE);
        let taps = kernel[0] * kernel[1];
        let packed = product(&[taps, inputs, even(outputs)]).max(product(&[taps, outputs, even(inputs)]));
        let sums = product(&[self.pieces(true), kernel[0], even(kernel[1] * inputs), even(outputs)]);
        let images = self.images_at_once(true).max(self.images_at_once(false)).max(TILE);
        let x = product(&[image[0] + 2 * padding, image[1] + 2 * padding, inputs]);
        let y = product(&[oh + 2 * kernel[0].div_ceil(stride), ow + 2 * kernel[1].div_ceil(stride), outputs]);
        let narrow = |channels: usize, pixels: usize| match channels < NARROW {
            true => product(&[pixels, taps, channels]),
            false => 0,
        };
        let narrow = narrow(outputs, image[0] * image[1]).max(narrow(inputs, oh * ow));
        // For gradients of weights: the pixels that a tap meets, and y in panels.
        let met = product(&[oh, ow, even(inputs)]);
        let panels = product(&[oh, ow, even(outputs)]);
        let copies = product(&[images, x.saturating_add(y.max(panels)).saturating_add(met)]);
        [packed, sums, narrow, copies].iter().fold(0, |sum, numbers| sum.saturating_add(*numbers))
    }

    /// Elements of `y`; 0 where there is no place for the kernel.
    pub fn y_len(&self) -> usize {
        let [h, w] = self.output().unwrap_or([0, 0]);
        self.batch * h * w * self.outputs
    }
}

/// See [`ConvShape::output`].
pub fn output(image: [usize; 2], kernel: [usize; 2], stride: usize, padding: usize) -> Option<[usize; 2]> {
    let extent = |image: usize, kernel: usize| {
        (kernel > 0 && stride > 0).then_some(())?;
        Some((image + 2 * padding).checked_sub(kernel)? / stride + 1)
    };
    Some([extent(image[0], kernel[0])?, extent(image[1], kernel[1])?])
}
