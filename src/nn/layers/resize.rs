//! Larger and smaller images, without parameters.

use crate::autodiff::{Real, Var};
use crate::nn::build::{Builder, at_least_one};
use crate::nn::{Extent, Interpolation, LayerSpec, Misfit};

#[derive(Clone, Copy, Debug)]
pub(in crate::nn) struct Resize {
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Repeat { factor: usize },
    Average { size: usize },
    Largest { size: usize },
    BilinearUp,
    BilinearDown,
}

impl Resize {
    pub fn build<T: Real>(spec: &LayerSpec, b: &mut Builder<'_, T>) -> Result<Self, Misfit> {
        use Interpolation::{Bilinear, Nearest};
        let (kind, how, key, by) = match *spec {
            LayerSpec::Upsample { factor, mode: Bilinear } => ("upsample", How::BilinearUp, "factor", factor),
            LayerSpec::Upsample { factor, mode: Nearest } => ("upsample", How::Repeat { factor }, "factor", factor),
            LayerSpec::Downsample {} => ("downsample", How::BilinearDown, "size", 2),
            LayerSpec::AvgPool { size } => ("avg-pool", How::Average { size }, "size", size),
            LayerSpec::MaxPool { size } => ("max-pool", How::Largest { size }, "size", size),
            _ => unreachable!("called for layers that resize"),
        };
        at_least_one(&[(key, by)])?;
        if matches!(how, How::BilinearUp) && by != 2 {
            return Err(Misfit::OutOfRange { key, value: by as f64, allowed: "2 with mode = \"bilinear\"" });
        }
        let image @ [h, w, c] = b.image(kind)?;
        let enlarges = matches!(spec, LayerSpec::Upsample { .. });
        let fits = enlarges || (h.is_multiple_of(by) && w.is_multiple_of(by));
        if !fits {
            return Err(Misfit::Pool { image, size: by });
        }
        if matches!(how, How::BilinearUp | How::BilinearDown) {
            b.holds(3); // on the way, one axis is done and the other is not
        }
        b.extent = Extent::Image(if enlarges { [h * by, w * by, c] } else { [h / by, w / by, c] });
        Ok(Self { how })
    }

    /// `[n, h, w, c]` gives `[n, height, width, c]`.
    pub fn forward<'t, T: Real>(&self, x: Var<'t, T>) -> Var<'t, T> {
        match self.how {
            How::Repeat { factor } => x.upsample_nearest(factor),
            How::Average { size } => x.avg_pool(size),
            How::Largest { size } => x.max_pool(size, size),
            How::BilinearUp => x.upsample_bilinear(),
            How::BilinearDown => x.downsample_bilinear(),
        }
    }
}
