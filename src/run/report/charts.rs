//! Curves over the steps of a run, as SVG.

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;
use std::fmt::Debug;
use std::ops::Range;

/// One curve.
pub(super) struct Curve {
    /// What stands in the legend.
    pub name: String,
    /// `(step, value)`.
    pub points: Vec<(f64, f64)>,
}

/// How the values are laid out.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// From the least to the largest.
    Linear,
    /// From 0 to 1.
    Unit,
    /// By their logarithms; what is not above 0 is left out.
    Logarithmic,
}

/// In pixels of the page, which scales it to its width.
const SIZE: (u32, u32) = (760, 300);
/// More points than a chart has pixels are thinned out.
const POINTS: usize = 800;

/// The curves in one chart; none where there is nothing to draw.
pub(super) fn chart(curves: &[Curve], scale: Scale) -> Option<String> {
    let shown = |&(_, value): &(f64, f64)| value.is_finite() && (scale != Scale::Logarithmic || value > 0.0);
    let curves: Vec<Curve> = curves
        .iter()
        .map(|curve| {
            let points: Vec<_> = curve.points.iter().copied().filter(shown).collect();
            let every = points.len().div_ceil(POINTS).max(1);
            Curve { name: curve.name.clone(), points: points.into_iter().step_by(every).collect() }
        })
        .filter(|curve| !curve.points.is_empty())
        .collect();
    let all = || curves.iter().flat_map(|curve| &curve.points);
    let least = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::INFINITY, f64::min);
    let most = |of: fn(&(f64, f64)) -> f64| all().map(of).fold(f64::NEG_INFINITY, f64::max);
    let steps = 0.0..most(|point| point.0);
    let (low, high) = (least(|point| point.1), most(|point| point.1));
    if curves.is_empty() || steps.end <= 0.0 {
        return None;
    }
    let margin = if high > low { 0.05 * (high - low) } else { 0.5 };
    let mut svg = String::new();
    let drawn = match scale {
        Scale::Linear => draw(&mut svg, &curves, steps, low - margin..high + margin),
        Scale::Unit => draw(&mut svg, &curves, steps, 0.0..1.0),
        Scale::Logarithmic => draw(&mut svg, &curves, steps, (low / 1.5..high * 1.5).log_scale()),
    };
    drawn.expect("a string takes any chart");
    Some(svg)
}

fn draw<Y>(svg: &mut String, curves: &[Curve], steps: Range<f64>, values: Y) -> Result<(), Box<dyn std::error::Error>>
where
    Y: AsRangedCoord<Value = f64>,
    Y::CoordDescType: ValueFormatter<f64> + Ranged<ValueType = f64>,
    Y::Value: Debug,
{
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut chart = ChartBuilder::on(&root)
        .margin(8)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(steps, values)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .x_desc("step")
        .x_label_formatter(&|step| format!("{step:.0}"))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    for (i, curve) in curves.iter().enumerate() {
        let colour = Palette99::pick(i).to_rgba();
        chart
            .draw_series(LineSeries::new(curve.points.iter().copied(), colour.stroke_width(2)))?
            .label(&curve.name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(3)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.85))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    root.present()?;
    Ok(())
}

/// A number as an axis shows it.
fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if (0.01..10_000.0).contains(&size) => format!("{}", (value * 1000.0).round() / 1000.0),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(values: &[f64]) -> Curve {
        let points = values.iter().enumerate().map(|(i, &value)| (i as f64, value)).collect();
        Curve { name: "loss".into(), points }
    }

    #[test]
    fn a_chart_has_its_curves_and_nothing_makes_none() {
        for scale in [Scale::Linear, Scale::Unit, Scale::Logarithmic] {
            let svg = chart(&[curve(&[1.0, f64::NAN, 0.5, 0.25]), curve(&[])], scale).unwrap();
            assert!(svg.starts_with("<svg") && svg.contains("polyline") && svg.contains("loss"), "{svg}");
        }
        assert!(chart(&[curve(&[])], Scale::Linear).is_none());
        assert!(chart(&[curve(&[-1.0, 0.0])], Scale::Logarithmic).is_none());
        assert!(chart(&[curve(&[3.0, 3.0])], Scale::Linear).is_some());
    }
}
