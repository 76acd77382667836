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

/// The largest magnitude on an axis, and the smallest above 0; what is beyond, as a diverged run has it, stands at the
/// chart's edge. Between them an axis has its marks in no time, and `f64` digits to tell them apart.
const LARGEST: f64 = 1e30;
const SMALLEST: f64 = 1e-30;
/// The least height of an axis, as a share of the largest magnitude on it, for the same reason.
const LEAST: f64 = 1e-6;

/// A drawing.
#[derive(Debug)]
pub(super) struct Chart {
    pub svg: String,
    /// How many values are not where they belong but at the edge, infinite ones for example.
    pub beyond: usize,
}

/// The curves in one chart; none where there is nothing to draw.
pub(super) fn chart(curves: &[Curve], scale: Scale) -> Option<Chart> {
    let shown = |&(_, value): &(f64, f64)| !value.is_nan() && (scale != Scale::Logarithmic || value > 0.0);
    let curves = curves.iter().map(|curve| curve.of(|points| points.iter().copied().filter(shown).collect()));
    let curves: Vec<Curve> = curves.filter(|curve| !curve.points.is_empty()).collect();
    let points = || curves.iter().flat_map(|curve| &curve.points);
    let steps = 0.0..points().fold(0.0, |most: f64, point| most.max(point.0));
    if steps.end <= 0.0 {
        return None;
    }
    let values: Vec<f64> = points().map(|point| point.1).collect();
    let (low, high) = bounds(&values, scale);
    let beyond = values.iter().filter(|value| !(low..=high).contains(*value) && rounded(**value) != 0.0).count();
    let curves: Vec<Curve> = curves.iter().map(|curve| curve.of(|points| drawn(points, low, high))).collect();
    let margin = match (0.05 * (high - low)).max(LEAST * high.abs().max(low.abs())) {
        0.0 => 0.5,
        margin => margin,
    };
    let mut svg = String::new();
    let drawn = match scale {
        Scale::Linear => draw(&mut svg, &curves, steps, low - margin..high + margin),
        Scale::Unit => draw(&mut svg, &curves, steps, 0.0..1.0),
        Scale::Logarithmic => draw(&mut svg, &curves, steps, (low / 1.5..high * 1.5).log_scale()),
    };
    drawn.expect("a string takes any chart");
    Some(Chart { svg, beyond })
}

impl Curve {
    /// The same with what is made of its points.
    fn of(&self, points: impl Fn(&[(f64, f64)]) -> Vec<(f64, f64)>) -> Curve {
        Curve { name: self.name.clone(), points: points(&self.points) }
    }
}

/// From which value to which the chart goes: from the least to the largest of those that an axis can have, or, where there
/// is none such, to where the others are.
fn bounds(values: &[f64], scale: Scale) -> (f64, f64) {
    let (smallest, largest) = match scale {
        Scale::Unit => return (0.0, 1.0),
        Scale::Linear => (-LARGEST, LARGEST),
        Scale::Logarithmic => (SMALLEST, LARGEST),
    };
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (value.min(low), value.max(high)))
    };
    let at_hand = || values.iter().copied();
    match range(&mut at_hand().filter(|value| (smallest..=largest).contains(value))) {
        (low, high) if low > high => range(&mut at_hand().map(|value| value.clamp(smallest, largest))),
        (low, high) if scale == Scale::Linear => (rounded(low), rounded(high)),
        range => range,
    }
}

/// 0 for what is as good as that.
fn rounded(value: f64) -> f64 {
    if value.abs() < SMALLEST { 0.0 } else { value }
}

/// As many points as are seen, none of them outside.
fn drawn(points: &[(f64, f64)], low: f64, high: f64) -> Vec<(f64, f64)> {
    let every = points.len().div_ceil(POINTS).max(1);
    points.iter().step_by(every).map(|&(step, value)| (step, value.clamp(low, high))).collect()
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
            let Chart { svg, beyond } = chart(&[curve(&[1.0, f64::NAN, 0.5, 0.25]), curve(&[])], scale).unwrap();
            assert_eq!(beyond, 0);
            assert!(svg.starts_with("<svg") && svg.contains("polyline") && svg.contains("loss"), "{svg}");
        }
        assert!(chart(&[curve(&[])], Scale::Linear).is_none());
        assert!(chart(&[curve(&[-1.0, 0.0])], Scale::Logarithmic).is_none());
        assert!(chart(&[curve(&[3.0, 3.0])], Scale::Linear).is_some());
    }

    #[test]
    fn any_values_make_a_chart_in_bounded_time() {
        let odd = [
            0.0,
            -0.0,
            1.0,
            1.0 + f64::EPSILON,
            5e-324,
            -5e-324,
            1e-320,
            1e-30,
            1e-15,
            1e15,
            1e30,
            1.1e30,
            1e300,
            1e308,
            f64::MAX,
            f64::MIN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
        ];
        for scale in [Scale::Linear, Scale::Unit, Scale::Logarithmic] {
            for (a, b) in odd.iter().flat_map(|&a| odd.map(|b| (a, b))) {
                let made = chart(&[curve(&[a, b, 0.5])], scale);
                assert!(made.is_none_or(|chart| chart.svg.len() < 1 << 20), "{a} {b}");
            }
        }
        let late = Curve { name: "loss".into(), points: vec![(0.0, 1.0), (u64::MAX as f64, 2.0)] };
        assert!(chart(&[late], Scale::Linear).is_some());
    }

    #[test]
    fn a_curve_that_leaves_all_bounds_shows_what_was_before_and_says_so() {
        let diverged = [0.7, 0.8, 40.0, 1e200, f64::INFINITY];
        let Chart { svg, beyond } = chart(&[curve(&diverged)], Scale::Linear).unwrap();
        assert_eq!(beyond, 2);
        assert!(svg.contains("\n40\n") && !svg.contains("e30"), "its axis ends with what a run can have: {svg}");
        assert_eq!(bounds(&diverged, Scale::Linear), (0.7, 40.0));
        assert_eq!(bounds(&[f64::INFINITY, 1e-320], Scale::Logarithmic), (SMALLEST, LARGEST));
    }
}
